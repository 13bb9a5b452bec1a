#include "tools/picture/chart.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "tools/picture/image_grid.hpp"

namespace fuseval::tools {
namespace {

constexpr double line_index_margin = 0.02;
constexpr double line_value_margin = 0.05;

std::string shape_text(const Elements& elements) {
  std::string text = "(";
  for (int axis = 0; axis < elements.rank(); ++axis)
    text += (axis > 0 ? ", " : "") + std::to_string(elements.extent(axis));
  return text + (elements.rank() == 1 ? ",)" : ")");
}

[[noreturn]] void refuse(const std::string& message) { throw Error(FV_ERROR_SHAPE, "no picture: " + message); }

[[noreturn]] void refuse_shape(const Elements& elements, const std::string& wanted) {
  refuse(wanted + "; this one is " + (elements.rank() == 0 ? "a number" : "of shape " + shape_text(elements)));
}

bool holds_colours(const Elements& elements) {
  const bool has_channels = elements.rank() == 3 && (elements.extent(2) == 3 || elements.extent(2) == 4);
  const DType dtype = elements.dtype();
  return has_channels && (dtype == DType::uint8 || dtype == DType::float32 || dtype == DType::float64);
}

void refuse_empty(const std::vector<Elements>& arrays) {
  if (arrays.empty()) refuse("there are no results");
  for (const Elements& elements : arrays)
    if (elements.count() == 0) refuse("the result of shape " + shape_text(elements) + " has no elements");
}

PictureKind chosen(const std::vector<Elements>& arrays, PictureKind wanted) {
  if (wanted != PictureKind::automatic) return wanted;
  const auto most = std::max_element(arrays.begin(), arrays.end(),
                                     [](const Elements& a, const Elements& b) { return a.rank() < b.rank(); });
  if (most->rank() == 1) return PictureKind::line;
  if (most->rank() == 0) refuse("a number alone is no line; lines are 1-D results, images 2-D ones");
  if (most->rank() == 2 || holds_colours(*most)) return PictureKind::image;
  refuse_shape(*most,
               "lines are 1-D results and images 2-D ones, or of shape (n, m, 3) or (n, m, 4) and of uint8 or floats");
}

const Elements& the_only(const std::vector<Elements>& arrays, const std::string& kind) {
  if (arrays.size() != 1) refuse(kind + " shows one result, and there are " + std::to_string(arrays.size()));
  return arrays[0];
}

std::optional<Elements> elements_of(const std::optional<View>& view) {
  return view ? std::optional<Elements>(std::in_place, *view) : std::nullopt;
}

void refuse_options(bool is_given, const std::string& message) {
  if (is_given) throw Error(FV_ERROR_ARGUMENT, "no picture: " + message);
}

void refuse_colours(const PictureOptions& options, const std::string& chart) {
  const bool is_given =
      options.colormap || options.z_limits.low || options.z_limits.high || options.z_scale != Scale::linear;
  refuse_options(is_given, chart + " has no colours for values; colour map and range of z are for an image's");
}

ChartAxis labelled(const Range& range, bool integers, const std::string& label, const char* without_label) {
  return {range, integers, label.empty() ? without_label : label, label};
}

// ---- lines ----

std::int64_t longest(const std::vector<Elements>& arrays) {
  std::int64_t longest = 0;
  for (const Elements& elements : arrays) {
    if (elements.rank() > 1) refuse_shape(elements, "lines are 1-D results");
    if (elements.rank() == 1) longest = std::max(longest, elements.extent(0));
  }
  if (longest == 0) refuse_shape(arrays[0], "lines are 1-D results");
  return longest;
}

void check_x(const std::vector<Elements>& arrays, const Elements& x) {
  if (x.rank() != 1) refuse("x is 1-D as the lines are, and has " + std::to_string(x.rank()) + " dimensions");
  for (const Elements& elements : arrays)
    if (elements.rank() == 1 && elements.extent(0) != x.extent(0))
      refuse("x has " + std::to_string(x.extent(0)) + " elements, and a line " + std::to_string(elements.extent(0)));
}

/// From the smallest x to the largest, without a margin.
Range x_range(const std::vector<Elements>& arrays, const std::optional<Elements>& x, Scale scale) {
  if (x) return range_of(extremes_of(*x, scale), scale);
  const auto last = static_cast<double>(longest(arrays) - 1);
  if (scale == Scale::logarithmic) return range_of({1, std::max(last, 1.0), 1}, scale);
  return last == 0 ? Range{-0.5, 0.5} : Range{0, last};
}

Curve curve_of(const std::optional<Elements>& x, const Elements& y, const PictureOptions& options) {
  return {x ? Sequence(*x) : Sequence(), Sequence(y), y.extent(0), options.x_scale, options.y_scale};
}

/// A number beside lines is a level, all along them.
LinePieces level(const Elements& elements, const Range& x, Scale scale) {
  LinePieces pieces;
  elements.each([&](double value) {
    if (has_place(scale, value)) pieces = {{{x.low, value}, {x.high, value}}};
  });
  return pieces;
}

LineChart line_chart(const std::vector<Elements>& arrays, const Plotted& plotted, const PictureOptions& options,
                     int columns, int rows) {
  refuse_colours(options, "a line");
  refuse_options(plotted.y.has_value(), "y is an image's; that of lines is what is drawn");
  const std::optional<Elements> x = elements_of(plotted.x);
  longest(arrays);
  if (x) check_x(arrays, *x);
  const Range all_x = x_range(arrays, x, options.x_scale), shown_x = limited(all_x, options.x_limits, "x");
  LineChart chart;
  for (const Elements& elements : arrays)
    chart.extremes =
        united(chart.extremes, elements.rank() == 0 ? extremes_of(elements, options.y_scale)
                                                    : extremes_of(curve_of(x, elements, options), options.x_limits));
  const Range y = with_margin(range_of(chart.extremes, options.y_scale), line_value_margin);
  chart.x = labelled(limited(with_margin(all_x, line_index_margin), options.x_limits, "x"), !x, options.x_label,
                     x ? "x" : "index");
  chart.y = labelled(limited(y, options.y_limits, "y"), false, options.y_label, "value");
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    chart.lines.push_back(
        {{}, {}, k < options.labels.size() ? options.labels[k] : "result " + std::to_string(k + 1), k});
    LineChart::Line& line = chart.lines.back();
    if (arrays[k].rank() == 0) {
      line.pieces = level(arrays[k], shown_x, options.y_scale);
      continue;
    }
    const Curve curve = curve_of(x, arrays[k], options);
    if (options.style != LineStyle::points) line.pieces = line_points(curve, shown_x, columns);
    if (options.style != LineStyle::lines)
      line.points = marker_points(curve, chart.x.range, chart.y.range, columns, rows);
  }
  return chart;
}

// ---- images ----

/// The range of the colours, and the map: the diverging one, with 0 in its middle, for values of both signs.
void choose_colours(ImageChart& chart, const PictureOptions& options) {
  const double low = options.z_limits.low.value_or(chart.extremes.low);
  const double high = options.z_limits.high.value_or(chart.extremes.high);
  const bool has_both_signs = low < 0 && high > 0 && options.z_scale == Scale::linear;
  chart.map = options.colormap.value_or(has_both_signs ? Colormap::blue_white_red : Colormap::viridis);
  chart.value = range_of(chart.extremes, options.z_scale);
  if (is_diverging(chart.map) && options.z_scale == Scale::linear) {
    const double most =
        chart.extremes.finite == 0 ? 1 : std::max(std::fabs(chart.value.low), std::fabs(chart.value.high));
    chart.value = {-most, most};
  }
  chart.value = limited(chart.value, options.z_limits, "z");
}

ImageChart image_chart(const Elements& elements, const Plotted& plotted, const PictureOptions& options) {
  const bool has_channels = elements.rank() == 3 && (elements.extent(2) == 3 || elements.extent(2) == 4);
  const bool has_colours = holds_colours(elements);
  if (has_channels && !has_colours)
    throw Error(FV_ERROR_DTYPE, "no picture: colours are uint8 or floats; this result is " + name_of(elements.dtype()));
  if (elements.rank() != 2 && !has_colours)
    refuse_shape(elements, "images are 2-D results, or of shape (n, m, 3) or (n, m, 4)");
  refuse_options(options.x_scale != Scale::linear || options.y_scale != Scale::linear,
                 "an image's axes are linear, as its pixels are; its colours can be logarithmic, by z");
  refuse_options(options.style != LineStyle::lines, "points are a line's, not an image's");
  if (has_colours) refuse_colours(options, "an image that holds colours itself");
  const GridSpan rows = grid_span(elements.extent(0), elements_of(plotted.y), options.y_limits, "y");
  const GridSpan columns = grid_span(elements.extent(1), elements_of(plotted.x), options.x_limits, "x");
  const bool is_upwards = plotted.y.has_value();
  ImageChart chart{part_of(elements, rows, is_upwards && !rows.descends, columns, columns.descends),
                   has_colours,
                   {},
                   {},
                   Colormap::viridis,
                   labelled(columns.range, !plotted.x, options.x_label, plotted.x ? "x" : "column"),
                   labelled(rows.range, !plotted.y, options.y_label, plotted.y ? "y" : "row"),
                   is_upwards};
  if (has_colours) return chart;
  chart.extremes = extremes_of(chart.elements, options.z_scale);
  choose_colours(chart, options);
  return chart;
}

// ---- histograms ----

/// A logarithmic axis of counts begins at half a one, so that a bar of one is seen.
Range count_range(std::int64_t most, Scale scale) {
  const auto highest = static_cast<double>(most);
  if (scale == Scale::linear) return {0, highest * (1 + line_value_margin)};
  return {0.5, with_margin({0.5, std::max(highest, 1.0), scale}, line_value_margin).high, scale};
}

HistogramChart histogram_chart(const Elements& elements, const Plotted& plotted, const PictureOptions& options,
                               int most_bins) {
  refuse_colours(options, "a histogram");
  refuse_options(plotted.x || plotted.y,
                 "a histogram's axes are its values and their counts; x and y are for lines and images");
  refuse_options(options.x_scale != Scale::linear, "a histogram's bins are equally wide; draw that of log10(...)");
  refuse_options(options.style != LineStyle::lines, "points are a line's, not a histogram's");
  HistogramChart chart;
  chart.extremes = extremes_of(elements);
  if (chart.extremes.finite > 0) chart.histogram = histogram_of(elements, chart.extremes, most_bins);
  const std::vector<std::int64_t>& counts = chart.histogram.counts;
  const Range value =
      counts.empty() ? Range{}
                     : with_margin({chart.histogram.edges.front(), chart.histogram.edges.back()}, line_index_margin);
  const std::int64_t most = counts.empty() ? 1 : *std::max_element(counts.begin(), counts.end());
  chart.value = labelled(limited(value, options.x_limits, "x"), false, options.x_label, "value");
  chart.count =
      labelled(limited(count_range(most, options.y_scale), options.y_limits, "y"), true, options.y_label, "count");
  return chart;
}

std::string share_of(std::int64_t count, std::int64_t all, const char* what) {
  return std::to_string(count) + " of " + std::to_string(all) + " elements " + what;
}

}  // namespace

Chart read_chart(const Plotted& plotted, const PictureOptions& options, int columns, int rows, int most_bins) {
  const std::vector<Elements> arrays(plotted.arrays.begin(), plotted.arrays.end());
  refuse_empty(arrays);
  switch (chosen(arrays, options.kind)) {
    case PictureKind::image:
      return image_chart(the_only(arrays, "an image"), plotted, options);
    case PictureKind::histogram:
      return histogram_chart(the_only(arrays, "a histogram"), plotted, options, most_bins);
    case PictureKind::automatic:
    case PictureKind::line:
      break;
  }
  return line_chart(arrays, plotted, options, columns, rows);
}

std::string name_of_left_out(const Extremes& extremes) {
  if (extremes.not_positive > 0) return "not > 0";
  return extremes.nans > 0 ? "NaN" : "";
}

std::string note_on(const Extremes& extremes) {
  const std::int64_t not_finite = extremes.nans + extremes.infinite;
  const std::int64_t all = extremes.finite + not_finite + extremes.not_positive;
  if (all == 0) return "no elements in the range";
  if (extremes.finite == 0) return extremes.not_positive > 0 ? "no positive elements" : "no finite elements";
  std::string note;
  if (not_finite > 0) note = share_of(not_finite, all, "not finite");
  if (extremes.not_positive > 0)
    note += (note.empty() ? "" : ", ") + share_of(extremes.not_positive, all, "not positive");
  return note;
}

}  // namespace fuseval::tools

#include "tools/picture/chart.hpp"

#include <algorithm>

#include "tools/counted.hpp"

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

/// A number beside lines is a level, from the first index to the last.
LinePieces level(const Elements& elements, double last) {
  LinePieces pieces;
  elements.each([&](double value) {
    if (is_finite(value)) pieces = {{{0, value}, {last, value}}};
  });
  return pieces;
}

double last_index(const std::vector<Elements>& arrays) {
  std::int64_t longest = 0;
  for (const Elements& elements : arrays) {
    if (elements.rank() > 1) refuse_shape(elements, "lines are 1-D results");
    if (elements.rank() == 1) longest = std::max(longest, elements.extent(0));
  }
  if (longest == 0) refuse_shape(arrays[0], "lines are 1-D results");
  return static_cast<double>(longest - 1);
}

LineChart line_chart(const std::vector<Elements>& arrays, const PictureOptions& options, int columns) {
  LineChart chart;
  const double last = last_index(arrays);
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    const bool is_level = arrays[k].rank() == 0;
    const std::string label = k < options.labels.size() ? options.labels[k] : "result " + std::to_string(k + 1);
    chart.lines.push_back(
        {is_level ? level(arrays[k], last) : line_points(arrays[k], columns), label, line_colour(k, arrays.size())});
    chart.extremes = united(chart.extremes, extremes_of(arrays[k]));
  }
  chart.index = last == 0 ? Range{-0.5, 0.5} : with_margin({0, last}, line_index_margin);
  chart.value = with_margin(range_of(chart.extremes), line_value_margin);
  return chart;
}

ImageChart image_chart(const Elements& elements) {
  if (elements.rank() == 3 && holds_colours(elements)) return {elements, true, {}, {}};
  if (elements.rank() == 3 && (elements.extent(2) == 3 || elements.extent(2) == 4))
    throw Error(FV_ERROR_DTYPE, "no picture: colours are uint8 or floats; this result is " + name_of(elements.dtype()));
  if (elements.rank() != 2) refuse_shape(elements, "images are 2-D results, or of shape (n, m, 3) or (n, m, 4)");
  const Extremes extremes = extremes_of(elements);
  return {elements, false, extremes, range_of(extremes)};
}

HistogramChart histogram_chart(const Elements& elements, int most_bins) {
  HistogramChart chart;
  chart.extremes = extremes_of(elements);
  if (chart.extremes.finite == 0) return chart;
  chart.histogram = histogram_of(elements, chart.extremes, most_bins);
  const std::vector<std::int64_t>& counts = chart.histogram.counts;
  chart.value = with_margin({chart.histogram.edges.front(), chart.histogram.edges.back()}, line_index_margin);
  chart.count = {0, static_cast<double>(*std::max_element(counts.begin(), counts.end())) * (1 + line_value_margin)};
  return chart;
}

}  // namespace

Chart read_chart(const std::vector<View>& views, const PictureOptions& options, int columns, int most_bins) {
  const std::vector<Elements> arrays(views.begin(), views.end());
  refuse_empty(arrays);
  switch (chosen(arrays, options.kind)) {
    case PictureKind::image:
      return image_chart(the_only(arrays, "an image"));
    case PictureKind::histogram:
      return histogram_chart(the_only(arrays, "a histogram"), most_bins);
    case PictureKind::automatic:
    case PictureKind::line:
      break;
  }
  return line_chart(arrays, options, columns);
}

std::string note_on(const Extremes& extremes) {
  const std::int64_t left_out = extremes.nans + extremes.infinite;
  if (left_out == 0) return "";
  if (extremes.finite == 0) return "no finite elements";
  const std::int64_t all = extremes.finite + left_out;
  return std::to_string(left_out) + " of " + counted(all, "element") + " not finite";
}

}  // namespace fuseval::tools

#include <algorithm>
#include <optional>

#include "tools/picture/chart_kinds.hpp"

namespace fuseval::tools {
namespace {

constexpr double index_margin = 0.02;
constexpr double line_margin = 0.05;

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

}  // namespace

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
  const Range y = with_margin(range_of(chart.extremes, options.y_scale), line_margin);
  chart.x = labelled(limited(with_margin(all_x, index_margin), options.x_limits, "x"), !x, options.x_label,
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

}  // namespace fuseval::tools

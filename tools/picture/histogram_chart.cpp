#include <algorithm>

#include "tools/picture/chart_kinds.hpp"

namespace fuseval::tools {
namespace {

constexpr double histogram_margin = 0.02;
constexpr double count_margin = 0.05;

/// A logarithmic axis of counts begins at half a one, so that a bar of one is seen.
Range count_range(std::int64_t most, Scale scale) {
  const auto highest = static_cast<double>(most);
  if (scale == Scale::linear) return {0, highest * (1 + count_margin)};
  return {0.5, with_margin({0.5, std::max(highest, 1.0), scale}, count_margin).high, scale};
}

}  // namespace

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
                     : with_margin({chart.histogram.edges.front(), chart.histogram.edges.back()}, histogram_margin);
  const std::int64_t most = counts.empty() ? 1 : *std::max_element(counts.begin(), counts.end());
  chart.value = labelled(limited(value, options.x_limits, "x"), false, options.x_label, "value");
  chart.count =
      labelled(limited(count_range(most, options.y_scale), options.y_limits, "y"), true, options.y_label, "count");
  return chart;
}

}  // namespace fuseval::tools

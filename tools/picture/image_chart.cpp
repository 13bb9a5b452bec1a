#include <algorithm>
#include <cmath>

#include "tools/picture/chart_kinds.hpp"
#include "tools/picture/image_grid.hpp"

namespace fuseval::tools {
namespace {

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

}  // namespace

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

}  // namespace fuseval::tools

#include "tools/picture/chart_figure.hpp"

#include <algorithm>
#include <cmath>

#include "tools/picture/axes.hpp"
#include "tools/picture/clip.hpp"
#include "tools/picture/font.hpp"
#include "tools/picture/image_pixels.hpp"
#include "tools/picture/legend.hpp"
#include "tools/picture/line_look.hpp"

namespace fuseval::tools {
namespace {

constexpr double line_width = 1.7;
constexpr double smallest_plot = 10;         ///< where the page has too little room for its labels
constexpr double scale_width = 18;           ///< of an image's colour scale
constexpr double scale_away = 18;            ///< from the image
constexpr double tallest_image = 560;        ///< where the height is ours to choose
constexpr double narrowest_image = 1.0 / 8;  ///< of its longer side, however few rows or columns there are

/// Returns the top of what is below the title.
double draw_title(Figure& figure) {
  if (figure.title.empty()) return outer_margin;
  const std::string text = shortened(figure.title, title_size, figure.width - 2 * outer_margin);
  const double baseline = std::round(outer_margin + 0.8 * title_size);
  figure.shapes.emplace_back(Text{text, {figure.width / 2.0, baseline}, title_size, Anchor::middle});
  return baseline + 2 * gap;
}

/// In the margin below the axis' label.
void draw_note(Figure& figure, const Extremes& extremes) {
  const Point at{outer_margin, figure.height - 4.0};
  const std::string note = note_on(extremes);
  if (!note.empty())
    figure.shapes.emplace_back(Text{note, at, label_size - 2, Anchor::start, false, blended(white, ink, 0.65)});
}

Axis axis_of(const ChartAxis& axis) { return {axis.range, axis.integers, axis.label}; }

/// A plot of values upwards over something to the right.
struct Plot {
  Box box;
  Axis x, y;

  Point place(double at, double value) const {
    return {box.left + x.range.fraction(at) * box.width(), box.bottom - y.range.fraction(value) * box.height()};
  }
};

Plot draw_plot(Figure& figure, double top, const Axis& x, const Axis& y) {
  Box box{0, top, figure.width - outer_margin - gap, figure.height - outer_margin - height_of_horizontal_axis()};
  box.top += height_above(vertical_ticks(y, box.height()));
  box.bottom = std::max(box.bottom, box.top + smallest_plot);
  const Ticks y_ticks = vertical_ticks(y, box.height());
  box.left = std::min(std::round(outer_margin + width_of(y_ticks, y.label)), box.right - smallest_plot);
  const Ticks x_ticks = horizontal_ticks(x, box.width());
  draw_grid(figure, box, x, x_ticks, y, y_ticks);
  draw_frame(figure, box);
  draw_horizontal_axis(figure, box, x, x_ticks);
  draw_vertical_axis(figure, box, y, y_ticks);
  return {box, x, y};
}

/// The more points there are, the smaller their markers.
double marker_radius(std::size_t count) { return count <= 300 ? 3.5 : count <= 3000 ? 2.2 : 1.3; }

void draw_line(Figure& figure, const Plot& plot, const LineChart::Line& line) {
  const LineLook look = line_look(line.look);
  std::vector<std::vector<Point>> pieces;
  for (const auto& piece : line.pieces) {
    pieces.emplace_back();
    for (const Point& point : piece) pieces.back().push_back(plot.place(point.x, point.y));
  }
  const Box around{plot.box.left - line_width, plot.box.top - line_width, plot.box.right + line_width,
                   plot.box.bottom + line_width};
  if (!pieces.empty() || line.points.empty())
    figure.shapes.emplace_back(Stroke{clipped(pieces, around), line_width, look.colour, plot.box, look.dashes});
  if (line.points.empty()) return;
  Markers markers{{}, scaled(look.outline, marker_radius(line.points.size())), look.colour};
  for (const Point& point : line.points) markers.places.push_back(plot.place(point.x, point.y));
  figure.shapes.emplace_back(std::move(markers));
}

void draw(Figure& figure, const LineChart& chart) {
  double top = draw_title(figure);
  top += draw_legend(figure, chart.lines, top - gap);
  const Plot plot = draw_plot(figure, top, axis_of(chart.x), axis_of(chart.y));
  for (const LineChart::Line& line : chart.lines) draw_line(figure, plot, line);
  draw_note(figure, chart.extremes);
}

/// Bars are a pixel apart where they are wide enough; what holds any element is a pixel high.
void draw(Figure& figure, const HistogramChart& chart) {
  const Plot plot = draw_plot(figure, draw_title(figure), axis_of(chart.value), axis_of(chart.count));
  const Histogram& histogram = chart.histogram;
  const auto across = [&](double x) { return std::clamp(x, plot.box.left, plot.box.right); };
  const auto down = [&](double y) { return std::clamp(y, plot.box.top, plot.box.bottom); };
  for (std::size_t k = 0; k < histogram.counts.size(); ++k) {
    if (histogram.counts[k] == 0) continue;
    const Point from = plot.place(histogram.edges[k], static_cast<double>(histogram.counts[k]));
    const Point to = plot.place(histogram.edges[k + 1], std::max(0.0, chart.count.range.low));
    const double apart = to.x - from.x >= 10 ? 1 : 0;
    const Box bar{across(from.x), std::min(down(from.y), down(to.y) - 1), across(to.x - apart), down(to.y)};
    if (bar.right > bar.left) figure.shapes.emplace_back(FilledBox{bar, line_colour(0)});
  }
  draw_note(figure, chart.extremes);
}

/// Light at the top; and what elements look like that it has no place for, if there are any.
void draw_scale(Figure& figure, const Box& box, const ImageChart& chart, const Ticks& ticks) {
  Pixels colours(1, 256);
  for (int y = 0; y < colours.height(); ++y) colours.at(0, y) = mapped(chart.map, 1 - (y + 0.5) / colours.height());
  if (chart.extremes.finite > 0) {
    figure.shapes.emplace_back(Image{colours, box});
    draw_frame(figure, box);
    draw_vertical_axis(figure, box, {chart.value, false, ""}, ticks, Side::right);
  }
  const std::string left_out = name_of_left_out(chart.extremes);
  if (left_out.empty()) return;
  const Box sample{box.left, box.bottom + 2 * gap, box.right, box.bottom + 2 * gap + 12};
  figure.shapes.emplace_back(FilledBox{sample, nan_colour});
  draw_frame(figure, sample);
  figure.shapes.emplace_back(Text{left_out, {sample.right + tick_length + gap, sample.bottom - 1}, label_size});
}

/// Around an image: what its axes take at the left and below, its scale at the right.
struct Margins {
  double left, top, right, bottom;
};

/// The largest box of the image's own shape (but none too thin) that the page has room for.
Box image_box(const Figure& figure, const ImageChart& chart, const Margins& margins) {
  const double aspect = std::clamp(chart.rows() / chart.columns(), narrowest_image, 1 / narrowest_image);
  const double room = std::max(1.0, figure.width - margins.left - margins.right);
  const double tallest =
      figure.height > 0 ? std::max(1.0, figure.height - margins.top - margins.bottom) : tallest_image;
  const double width = std::max(1.0, std::floor(std::min(room, tallest / aspect)));
  const double height = std::max(1.0, std::round(std::min(width * aspect, tallest)));
  const double left = std::round(margins.left + (room - width) / 2);
  const double top = margins.top + (figure.height > 0 ? std::floor((tallest - height) / 2) : 0);
  return {left, top, left + width, top + height};
}

void draw(Figure& figure, const ImageChart& chart) {
  const Axis x = axis_of(chart.x), y = axis_of(chart.y);
  const Axis scale{chart.value, false, ""};
  const Ticks y_ticks = vertical_ticks(y, default_height), scale_ticks = vertical_ticks(scale, default_height);
  const double above = std::max(height_above(y_ticks), chart.holds_colours ? 0 : height_above(scale_ticks));
  const double scale_labels = std::max({width_of(scale_ticks, ""), width_of_common(scale_ticks) - scale_width,
                                        text_width(name_of_left_out(chart.extremes), label_size)}) +
                              gap;
  const Margins margins{
      std::round(outer_margin + width_of(y_ticks, y.label)), draw_title(figure) + above,
      chart.holds_colours ? outer_margin + gap : scale_away + scale_width + scale_labels + outer_margin,
      outer_margin + height_of_horizontal_axis()};
  const Box box = image_box(figure, chart, margins);
  if (figure.height == 0) figure.height = static_cast<int>(std::ceil(box.bottom + margins.bottom));

  figure.shapes.emplace_back(Image{image_pixels(chart.elements, chart.map, chart.value, static_cast<int>(box.width()),
                                                static_cast<int>(box.height())),
                                   box});
  draw_frame(figure, box);
  draw_horizontal_axis(figure, box, x, horizontal_ticks(x, box.width()));
  draw_vertical_axis(figure, box, y, vertical_ticks(y, box.height()), Side::left,
                     chart.is_upwards ? Upwards::yes : Upwards::no);
  if (chart.holds_colours) return;
  const double left = box.right + scale_away;
  draw_scale(figure, {left, box.top, left + scale_width, box.bottom}, chart, vertical_ticks(scale, box.height()));
  draw_note(figure, chart.extremes);
}

}  // namespace

Figure figure_of(const Chart& chart, const std::string& title, int width, int height) {
  const bool is_image = std::holds_alternative<ImageChart>(chart);
  Figure figure{width > 0 ? width : default_width, height > 0 || is_image ? height : default_height, title, {}};
  std::visit([&](const auto& kind) { draw(figure, kind); }, chart);
  return figure;
}

}  // namespace fuseval::tools

#include "tools/picture/text_chart.hpp"

#include <algorithm>
#include <cmath>

#include "tools/picture/clip.hpp"
#include "tools/picture/dot_grid.hpp"
#include "tools/picture/image_pixels.hpp"
#include "tools/picture/text_axes.hpp"
#include "tools/picture/tick_text.hpp"

namespace fuseval::tools {
namespace {

constexpr std::u32string_view marks = U"*o+x#@%&$=abcdefghijklmnpqrstuvwyz";
constexpr double narrowest_image = 1.0 / 8;

char32_t mark_of(std::size_t line) { return marks[line % marks.size()]; }

/// A page, what the terminal can, and how far down the page is used.
struct Page {
  TextCanvas canvas;
  const Terminal& terminal;
  int top = 0;

  bool has_colours() const { return terminal.palette != Palette::none; }
};

void draw_title(Page& page, const std::string& title) {
  if (!title.empty()) put_centred(page.canvas, page.top++, title);
}

/// Lines are told apart by colours, or where these are missing, or used up, by letters in place of dots.
bool has_letters(const Page& page, std::size_t lines) {
  return !page.terminal.has_unicode || (lines > 1 && (!page.has_colours() || lines > line_colours));
}

/// On one line: labels are cut as much as it takes, and those that even so have no room are left out.
void draw_legend(Page& page, const std::vector<LineChart::Line>& lines) {
  if (lines.size() < 2) return;
  constexpr int mark_columns = 3, apart = 3, least = 8;
  const int share = page.canvas.columns() / static_cast<int>(lines.size()) - mark_columns - apart;
  int column = apart;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const std::string label = cut(lines[k].label, std::max(share, least));
    if (column + mark_columns + columns_of(label) > page.canvas.columns()) break;
    const char32_t mark = has_letters(page, lines.size()) ? mark_of(k) : U'━';
    for (int dash = 0; dash < 2; ++dash) page.canvas.put(column + dash, page.top, {mark, line_colour(k), {}});
    page.canvas.put(column + mark_columns, page.top, label);
    column += mark_columns + columns_of(label) + apart;
  }
  ++page.top;
}

void draw_note(Page& page, const Extremes& extremes) {
  const std::string note = note_on(extremes);
  if (!note.empty()) put_centred(page.canvas, page.canvas.rows() - 1, note);
}

TextAxis axis_of(const ChartAxis& axis, const std::string& label) { return {axis.range, axis.integers, label}; }

/// Below an axis, in its middle; returns the next row.
int draw_caption(Page& page, const TextBox& box, int row, const std::string& whole) {
  if (whole.empty()) return row;
  const std::string caption = cut(whole, page.canvas.columns());
  const int column =
      std::min(box.left + (box.columns - columns_of(caption)) / 2, page.canvas.columns() - columns_of(caption));
  page.canvas.put(std::max(column, 0), row, caption);
  return row + 1;
}

/// Draws the axes of a plot in what is left of the page and returns its inside. The captions of the axes have lines of
/// their own where there is something to say: y's above, x's below.
TextBox draw_plot(Page& page, const TextAxis& x, const TextAxis& y, const Extremes& extremes) {
  const int note_rows = note_on(extremes).empty() ? 0 : 1;
  const int all_rows = std::max(1, page.canvas.rows() - page.top - horizontal_axis_rows - note_rows);
  const std::string y_caption = vertical_caption(y, all_rows);
  if (!y_caption.empty()) page.canvas.put(0, page.top++, cut(y_caption, page.canvas.columns()));
  const std::string x_caption =
      horizontal_caption(x, std::max(1, page.canvas.columns() - vertical_axis_columns(y, all_rows) - 1));
  TextBox box;
  box.top = page.top;
  box.rows =
      std::max(1, page.canvas.rows() - page.top - horizontal_axis_rows - note_rows - (x_caption.empty() ? 0 : 1));
  box.left = vertical_axis_columns(y, box.rows);
  box.columns = std::max(1, page.canvas.columns() - box.left - 1);
  draw_text_axes(page.canvas, box, x, y, RowsCount::upwards, page.terminal.has_unicode);
  draw_caption(page, box, box.top + box.rows + horizontal_axis_rows, x_caption);
  draw_note(page, extremes);
  return box;
}

void draw(Page& page, const LineChart& chart) {
  draw_legend(page, chart.lines);
  const TextBox box =
      draw_plot(page, axis_of(chart.x, chart.x.own_label), axis_of(chart.y, chart.y.own_label), chart.extremes);
  DotGrid grid(box.columns, box.rows, !has_letters(page, chart.lines.size()));
  const auto place = [&](const Point& point) {
    return Point{chart.x.range.fraction(point.x) * grid.width(), (1 - chart.y.range.fraction(point.y)) * grid.height()};
  };
  const Box inside{0, 0, static_cast<double>(grid.width()), static_cast<double>(grid.height())};
  for (const LineChart::Line& line : chart.lines) {
    std::vector<std::vector<Point>> pieces;
    for (const auto& piece : line.pieces) {
      pieces.emplace_back();
      for (const Point& point : piece) pieces.back().push_back(place(point));
    }
    for (const Point& point : line.points) pieces.push_back({place(point)});
    for (const auto& piece : clipped(pieces, inside))
      for (std::size_t i = 0; i < piece.size(); ++i)
        grid.line(piece[i > 0 ? i - 1 : 0], piece[i], line_colour(line.look), mark_of(line.look));
  }
  grid.draw(page.canvas, box.left, box.top);
  for (const LineChart::Line& line : chart.lines)
    for (std::size_t k = 0; k < line.points.size() && !line.pieces.empty(); ++k) {
      const Point at = place(line.points[k]);
      page.canvas.put(box.left + std::min(static_cast<int>(at.x / grid.width() * box.columns), box.columns - 1),
                      box.top + std::min(static_cast<int>(at.y / grid.height() * box.rows), box.rows - 1),
                      {mark_of(line.look), line_colour(line.look), {}});
    }
}

/// The bin that holds a value; -1 outside of all.
std::ptrdiff_t bin_of(const Histogram& histogram, double value) {
  if (histogram.edges.empty() || value < histogram.edges.front() || value >= histogram.edges.back()) return -1;
  return std::upper_bound(histogram.edges.begin(), histogram.edges.end(), value) - histogram.edges.begin() - 1;
}

void draw(Page& page, const HistogramChart& chart) {
  const TextBox box = draw_plot(page, axis_of(chart.value, chart.value.own_label),
                                axis_of(chart.count, chart.count.own_label), chart.extremes);
  const Range &value = chart.value.range, &counted = chart.count.range;
  DotGrid grid(box.columns, box.rows, page.terminal.has_unicode);
  for (int x = 0; x < grid.width(); ++x) {
    const double share = (x + 0.5) / grid.width();
    const std::ptrdiff_t bin = bin_of(chart.histogram, value.low * (1 - share) + value.high * share);
    const std::int64_t count = bin < 0 ? 0 : chart.histogram.counts[static_cast<std::size_t>(bin)];
    if (count == 0) continue;
    const double height = std::round(std::min(counted.fraction(static_cast<double>(count)), 1.0) * grid.height());
    for (int y = 0; y < std::max(1.0, height); ++y) grid.set(x, grid.height() - 1 - y, line_colour(0), U'#');
  }
  grid.draw(page.canvas, box.left, box.top);
}

/// Shades for terminals without colours, from dark to light.
std::u32string_view ramp(const Terminal& terminal) { return terminal.has_unicode ? U" ░▒▓█" : U" .:-=+*#%@"; }

Cell shade(const Page& page, double lightness, bool is_nan) {
  const std::u32string_view shades = ramp(page.terminal);
  const auto last = static_cast<double>(shades.size() - 1);
  return {is_nan ? U'?' : shades[static_cast<std::size_t>(std::clamp(lightness * (last + 1), 0.0, last))], {}, {}};
}

/// 0 where the colour map begins and 1 where it ends, or of colours what they are themselves.
double lightness_of(Colour colour, const ImageChart& chart) {
  const double dark = chart.holds_colours ? 0 : luma(mapped(chart.map, 0));
  const double light = chart.holds_colours ? 1 : luma(mapped(chart.map, 1));
  return (luma(colour) - dark) / (light - dark);
}

/// From the smallest value to the largest, on a line of its own.
void draw_scale(Page& page, const ImageChart& chart, int row) {
  constexpr int steps = 24;
  const std::string low = short_number(chart.value.low), high = short_number(chart.value.high);
  const std::string left_out = name_of_left_out(chart.extremes);
  const std::string nan = left_out.empty() ? "" : page.has_colours() ? "   " + left_out + " " : "   ? " + left_out;
  const auto length = static_cast<int>(low.size() + high.size() + nan.size()) + steps + 4;
  int column = std::max(0, (page.canvas.columns() - length) / 2);
  page.canvas.put(column, row, low);
  column += static_cast<int>(low.size()) + 1;
  for (int k = 0; k < steps; ++k, ++column) {
    const Colour colour = mapped(chart.map, (k + 0.5) / steps);
    page.canvas.put(column, row,
                    page.has_colours() ? Cell{U' ', {}, colour} : shade(page, lightness_of(colour, chart), false));
  }
  page.canvas.put(column + 1, row, high + nan);
  column += 1 + static_cast<int>(high.size() + nan.size());
  if (!nan.empty() && page.has_colours())
    for (int k = 0; k < 2; ++k) page.canvas.put(column + k, row, {U' ', {}, nan_colour});
}

/// How an image's box of characters is filled: two pixels in one with colours, by the upper half block.
class ImageText {
 public:
  ImageText(const Page& page, const ImageChart& chart, int columns, int rows)
      : page_(page),
        chart_(chart),
        has_halves_(page.has_colours() && page.terminal.has_unicode),
        rows_(has_halves_ ? 2 * rows : rows),
        pixels_(stretched(image_pixels(chart.elements, chart.map, chart.value, columns, rows_), columns, rows_)) {}

  Cell cell(int column, int row) const {
    if (has_halves_) return {U'▀', pixels_.at(column, 2 * row), pixels_.at(column, 2 * row + 1)};
    const Colour colour = pixels_.at(column, row);
    if (page_.has_colours()) return {U' ', {}, colour};
    return shade(page_, lightness_of(colour, chart_), !chart_.holds_colours && colour == nan_colour);
  }

 private:
  const Page& page_;
  const ImageChart& chart_;
  bool has_halves_;
  int rows_;
  Pixels pixels_;
};

double aspect_of(const ImageChart& chart) {
  return std::clamp(chart.rows() / chart.columns(), narrowest_image, 1 / narrowest_image);
}

/// Lines below an image: its axis, its scale, a note.
int rows_below(const ImageChart& chart) {
  return horizontal_axis_rows + (chart.holds_colours ? 0 : 1) +
         (chart.holds_colours || note_on(chart.extremes).empty() ? 0 : 1);
}

/// Characters are about twice as high as wide.
void draw(Page& page, const ImageChart& chart) {
  const TextAxis x = axis_of(chart.x, chart.x.own_label), y = axis_of(chart.y, chart.y.own_label);
  const int all_rows = std::max(1, page.canvas.rows() - page.top - rows_below(chart));
  const std::string y_caption = vertical_caption(y, all_rows);
  const int left = vertical_axis_columns(y, all_rows);
  const int most_columns = std::max(1, page.canvas.columns() - left - 1);
  const std::string x_caption = horizontal_caption(x, most_columns);
  if (!y_caption.empty()) page.canvas.put(0, page.top++, cut(y_caption, page.canvas.columns()));
  const int most_rows = std::max(1, page.canvas.rows() - page.top - rows_below(chart) - (x_caption.empty() ? 0 : 1));
  TextBox box{left, page.top, 0, 0};
  box.columns = static_cast<int>(std::clamp(2 * most_rows / aspect_of(chart), 1.0, static_cast<double>(most_columns)));
  box.rows = std::clamp(static_cast<int>(std::lround(box.columns * aspect_of(chart) / 2)), 1, most_rows);
  draw_text_axes(page.canvas, box, x, y, chart.is_upwards ? RowsCount::upwards : RowsCount::downwards,
                 page.terminal.has_unicode);
  const ImageText image(page, chart, box.columns, box.rows);
  for (int row = 0; row < box.rows; ++row)
    for (int column = 0; column < box.columns; ++column)
      page.canvas.put(box.left + column, box.top + row, image.cell(column, row));
  const int below = draw_caption(page, box, box.top + box.rows + horizontal_axis_rows, x_caption);
  if (!chart.holds_colours && chart.extremes.finite > 0) draw_scale(page, chart, below);
  if (!chart.holds_colours) draw_note(page, chart.extremes);
}

int caption_rows(const ImageChart& chart) {
  return static_cast<int>(!chart.x.own_label.empty()) + static_cast<int>(!chart.y.own_label.empty());
}

/// What an image of its own shape takes, the columns given.
int rows_for(const Chart& chart, const std::string& title, int columns, int most_rows) {
  const auto* image = std::get_if<ImageChart>(&chart);
  if (!image) return most_rows;
  const double rows = std::ceil((columns - 5) * aspect_of(*image) / 2);
  return static_cast<int>(
      std::clamp<double>(rows + rows_below(*image) + (title.empty() ? 0 : 1) + caption_rows(*image), 6, most_rows));
}

/// Shades tell lightness, which shall tell the value: a diverging map's would not.
Chart with_lightness(Chart chart) {
  if (auto* image = std::get_if<ImageChart>(&chart)) image->map = Colormap::viridis;
  return chart;
}

}  // namespace

TextCanvas text_chart(const Chart& chart, const std::string& title, const Terminal& terminal, int columns, int rows,
                      int most_rows) {
  const Chart drawn = terminal.palette == Palette::none ? with_lightness(chart) : chart;
  Page page{TextCanvas(columns, rows > 0 ? rows : rows_for(chart, title, columns, most_rows)), terminal};
  draw_title(page, title);
  std::visit([&](const auto& kind) { draw(page, kind); }, drawn);
  return std::move(page.canvas);
}

}  // namespace fuseval::tools

#include "tools/picture/text_axes.hpp"

#include <algorithm>
#include <cmath>

namespace fuseval::tools {
namespace {

struct Glyphs {
  char32_t vertical, vertical_tick, corner, horizontal, horizontal_tick;
};
constexpr Glyphs unicode{U'│', U'┤', U'└', U'─', U'┬'};
constexpr Glyphs ascii{U'|', U'+', U'+', U'-', U'+'};

Ticks vertical_ticks(const TextAxis& axis, int rows) {
  return fitting_ticks(axis.range, rows, axis.integers, [](const std::string&) { return 3.0; });
}

Ticks horizontal_ticks(const TextAxis& axis, int columns) {
  return fitting_ticks(axis.range, columns, axis.integers,
                       [](const std::string& label) { return static_cast<double>(label.size()) + 4; });
}

int cell_of(double fraction, int cells) {
  return std::clamp(static_cast<int>(std::floor(fraction * cells)), 0, cells - 1);
}

}  // namespace

std::string caption_of(const TextAxis& axis, const Ticks& ticks) {
  if (ticks.common.empty()) return axis.label;
  return axis.label + (axis.label.empty() ? "[" : " [") + ticks.common + "]";
}

std::string horizontal_caption(const TextAxis& axis, int columns) {
  return caption_of(axis, horizontal_ticks(axis, columns));
}

std::string vertical_caption(const TextAxis& axis, int rows) { return caption_of(axis, vertical_ticks(axis, rows)); }

int vertical_axis_columns(const TextAxis& axis, int rows) {
  std::size_t widest = 0;
  for (const Tick& tick : vertical_ticks(axis, rows).marks) widest = std::max(widest, tick.label.size());
  return static_cast<int>(widest) + 2;
}

void draw_text_axes(TextCanvas& canvas, const TextBox& box, const TextAxis& x, const TextAxis& y, RowsCount direction,
                    bool has_unicode) {
  const Glyphs& glyphs = has_unicode ? unicode : ascii;
  const int axis_column = box.left - 1, axis_row = box.top + box.rows;
  for (int row = 0; row < box.rows; ++row) canvas.put(axis_column, box.top + row, {glyphs.vertical, {}, {}});
  for (int column = 0; column < box.columns; ++column)
    canvas.put(box.left + column, axis_row, {glyphs.horizontal, {}, {}});
  canvas.put(axis_column, axis_row, {glyphs.corner, {}, {}});
  for (const Tick& tick : vertical_ticks(y, box.rows).marks) {
    if (tick.label.empty()) continue;
    const double fraction = y.range.fraction(tick.value);
    const int row = box.top + cell_of(direction == RowsCount::upwards ? 1 - fraction : fraction, box.rows);
    canvas.put(axis_column, row, {glyphs.vertical_tick, {}, {}});
    canvas.put(axis_column - 1 - static_cast<int>(tick.label.size()), row, tick.label);
  }
  for (const Tick& tick : horizontal_ticks(x, box.columns).marks) {
    if (tick.label.empty()) continue;
    const int column = box.left + cell_of(x.range.fraction(tick.value), box.columns);
    const auto length = static_cast<int>(tick.label.size());
    canvas.put(column, axis_row, {glyphs.horizontal_tick, {}, {}});
    canvas.put(std::min(column - length / 2, canvas.columns() - length), axis_row + 1, tick.label);
  }
}

void put_centred(TextCanvas& canvas, int row, const std::string& whole) {
  const std::string text = cut(whole, canvas.columns());
  canvas.put(std::max(0, (canvas.columns() - columns_of(text)) / 2), row, text);
}

}  // namespace fuseval::tools

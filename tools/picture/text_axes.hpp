// The frame of a plot in characters: title, axes with ticks.
#pragma once

#include <string>

#include "tools/picture/text_canvas.hpp"
#include "tools/picture/ticks.hpp"

namespace fuseval::tools {

struct TextAxis {
  Range range;
  bool integers = false;
  std::string label;  ///< "": none
};

/// The axis' own label and what its ticks' labels leave out, as "seconds [x1e-7]"; "" without either.
std::string caption_of(const TextAxis& axis, const Ticks& ticks);
/// The same of an axis of so many columns, or rows.
std::string horizontal_caption(const TextAxis& axis, int columns);
std::string vertical_caption(const TextAxis& axis, int rows);

/// Characters of a plot's inside.
struct TextBox {
  int left = 0, top = 0, columns = 0, rows = 0;
};

/// Lines that the horizontal axis takes below the plot: itself and its labels.
constexpr int horizontal_axis_rows = 2;

/// Columns that the labels and the axis take at the left of a plot.
int vertical_axis_columns(const TextAxis& axis, int rows);

enum class RowsCount { upwards, downwards };
void draw_text_axes(TextCanvas& canvas, const TextBox& box, const TextAxis& x, const TextAxis& y, RowsCount direction,
                    bool has_unicode);

/// In the middle of a line, cut where the page ends.
void put_centred(TextCanvas& canvas, int row, const std::string& text);

}  // namespace fuseval::tools

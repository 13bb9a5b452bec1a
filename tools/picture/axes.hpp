// The frame of a plot: axes with ticks, labels and a grid.
#pragma once

#include <string>

#include "tools/picture/figure.hpp"
#include "tools/picture/ticks.hpp"

namespace fuseval::tools {

constexpr double label_size = 13;
constexpr double title_size = 16;
constexpr double outer_margin = 14;
constexpr double gap = 6;
constexpr double tick_length = 4;

/// An axis along one side of a plot's box.
struct Axis {
  Range range;
  bool integers = false;
  std::string label;
};

/// A tick's label, or what labels leave out, as print has it: a minus sign that is as wide as a plus sign, "10⁻⁷" for
/// "1e-7", "1.5×10⁷" for "1.5e7".
std::string typeset(const std::string& label);

Ticks horizontal_ticks(const Axis& axis, double length);
Ticks vertical_ticks(const Axis& axis, double length);

/// What vertical ticks' labels take beside the box, marks included; with the axis' own label if it has one.
double width_of(const Ticks& ticks, const std::string& axis_label);
double width_of_common(const Ticks& ticks);
/// What a vertical axis takes above the box: a line where its labels leave something out.
double height_above(const Ticks& ticks);
/// What horizontal ticks, their labels and the axis' label take below the box.
double height_of_horizontal_axis();

/// Below, from left to right.
void draw_horizontal_axis(Figure& figure, const Box& box, const Axis& axis, const Ticks& ticks);

enum class Side { left, right };
enum class Upwards { yes, no };
void draw_vertical_axis(Figure& figure, const Box& box, const Axis& axis, const Ticks& ticks, Side side = Side::left,
                        Upwards upwards = Upwards::yes);

void draw_grid(Figure& figure, const Box& box, const Axis& axis, const Ticks& horizontal, const Axis& vertical_axis,
               const Ticks& vertical);

/// One pixel wide, around the box.
void draw_frame(Figure& figure, const Box& box);

}  // namespace fuseval::tools

#include "tools/picture/axes.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tools/picture/font.hpp"

namespace fuseval::tools {
namespace {

constexpr double digit_height = 0.73;  ///< of the font's size
constexpr double minor_length = 2;
constexpr double smallest_label_room = 60;  ///< of a vertical axis' own label, however low the box is

void fill(Figure& figure, double left, double top, double width, double height, Colour colour) {
  figure.shapes.emplace_back(FilledBox{{left, top, left + width, top + height}, colour});
}

double x_of(const Box& box, const Axis& axis, const Tick& tick) {
  return box.left + axis.range.fraction(tick.value) * box.width();
}

double y_of(const Box& box, const Axis& axis, const Tick& tick, Upwards upwards) {
  const double fraction = axis.range.fraction(tick.value);
  return box.top + (upwards == Upwards::yes ? 1 - fraction : fraction) * box.height();
}

double length_of(const Tick& tick) { return tick.label.empty() ? minor_length : tick_length; }

/// The pixel in which a line lies.
double crisp(double at) { return std::floor(at); }

double widest_label(const Ticks& ticks) {
  double widest = 0;
  for (const Tick& tick : ticks.marks) widest = std::max(widest, text_width(typeset(tick.label), label_size));
  return widest;
}

}  // namespace

std::string typeset(const std::string& label) {
  static constexpr const char* superscripts[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  bool is_exponent = false;
  for (std::size_t k = 0; k < label.size(); ++k) {
    const char c = label[k];
    if (c == ' ') is_exponent = false;
    if (c == 'e') {
      const bool is_one =
          label[k - 1] == '1' && (k == 1 || std::string_view("-+x").find(label[k - 2]) != std::string_view::npos);
      if (is_one) text.pop_back();
      text += is_one ? "10" : "×10";
      is_exponent = true;
    } else if (c == '-') {
      text += is_exponent ? "⁻" : "−";
    } else if (c == 'x') {
      text += "×";
    } else {
      is_exponent ? text += superscripts[c - '0'] : text += c;
    }
  }
  return text;
}

Ticks horizontal_ticks(const Axis& axis, double length) {
  return fitting_ticks(axis.range, length, axis.integers, [](const std::string& label) {
    return text_width(typeset(label), label_size) + 3 * label_size;
  });
}

Ticks vertical_ticks(const Axis& axis, double length) {
  return fitting_ticks(axis.range, length, axis.integers, [](const std::string&) { return 2.5 * label_size; });
}

double width_of(const Ticks& ticks, const std::string& axis_label) {
  return tick_length + gap + widest_label(ticks) + (axis_label.empty() ? 0 : gap + label_size);
}

double width_of_common(const Ticks& ticks) { return text_width(typeset(ticks.common), label_size); }

double height_above(const Ticks& ticks) { return ticks.common.empty() ? 0 : label_size + gap; }

double height_of_horizontal_axis() { return tick_length + gap + 2 * label_size + gap; }

void draw_horizontal_axis(Figure& figure, const Box& box, const Axis& axis, const Ticks& ticks) {
  const double baseline = box.bottom + tick_length + gap + digit_height * label_size;
  for (const Tick& tick : ticks.marks) {
    const double x = x_of(box, axis, tick);
    fill(figure, crisp(x), box.bottom, 1, length_of(tick), ink);
    if (tick.label.empty()) continue;
    const std::string label = typeset(tick.label);
    const double text_at = std::min(x, figure.width - text_width(label, label_size) / 2 - 2);  // within the page
    figure.shapes.emplace_back(Text{label, {text_at, std::round(baseline)}, label_size, Anchor::middle});
  }
  const double label_baseline = std::round(box.bottom + height_of_horizontal_axis() - 2);
  const std::string common = typeset(ticks.common);
  if (!common.empty()) figure.shapes.emplace_back(Text{common, {box.right, label_baseline}, label_size, Anchor::end});
  const double end =
      common.empty() ? figure.width - outer_margin : box.right - text_width(common, label_size) - 2 * gap;
  const std::string label = shortened(axis.label, label_size, std::max(end - outer_margin, 0.0));
  const double half = text_width(label, label_size) / 2;
  const double middle = std::max(std::min((box.left + box.right) / 2, end - half), outer_margin + half);
  figure.shapes.emplace_back(Text{label, {middle, label_baseline}, label_size, Anchor::middle});
}

void draw_vertical_axis(Figure& figure, const Box& box, const Axis& axis, const Ticks& ticks, Side side,
                        Upwards upwards) {
  const bool is_left = side == Side::left;
  const double edge = is_left ? box.left : box.right;
  const double text_at = is_left ? edge - tick_length - gap + 1 : edge + tick_length + gap - 1;
  if (!ticks.common.empty())
    figure.shapes.emplace_back(
        Text{typeset(ticks.common), {is_left ? box.left : edge, std::round(box.top - gap)}, label_size});
  for (const Tick& tick : ticks.marks) {
    const double y = y_of(box, axis, tick, upwards), length = length_of(tick);
    fill(figure, is_left ? edge - length : edge, crisp(y), length, 1, ink);
    if (tick.label.empty()) continue;
    figure.shapes.emplace_back(Text{typeset(tick.label),
                                    {text_at, std::round(y + digit_height * label_size / 2)},
                                    label_size,
                                    is_left ? Anchor::end : Anchor::start});
  }
  if (axis.label.empty()) return;
  const double away = width_of(ticks, axis.label) - label_size;
  const Point at{is_left ? edge - away - 2 : edge + away + label_size - 2, (box.top + box.bottom) / 2};
  const std::string label = shortened(axis.label, label_size, std::max(box.height(), smallest_label_room));
  figure.shapes.emplace_back(Text{label, at, label_size, Anchor::middle, true});
}

void draw_grid(Figure& figure, const Box& box, const Axis& axis, const Ticks& horizontal, const Axis& vertical_axis,
               const Ticks& vertical) {
  for (const Tick& tick : horizontal.marks)
    if (!tick.label.empty()) fill(figure, crisp(x_of(box, axis, tick)), box.top, 1, box.height(), faint);
  for (const Tick& tick : vertical.marks)
    if (!tick.label.empty())
      fill(figure, box.left, crisp(y_of(box, vertical_axis, tick, Upwards::yes)), box.width(), 1, faint);
}

void draw_frame(Figure& figure, const Box& box) {
  fill(figure, box.left - 1, box.top - 1, box.width() + 2, 1, ink);
  fill(figure, box.left - 1, box.bottom, box.width() + 2, 1, ink);
  fill(figure, box.left - 1, box.top, 1, box.height(), ink);
  fill(figure, box.right, box.top, 1, box.height(), ink);
}

}  // namespace fuseval::tools

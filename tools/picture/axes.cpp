#include "tools/picture/axes.hpp"

#include <algorithm>
#include <cmath>

#include "tools/picture/font.hpp"

namespace fuseval::tools {
namespace {

constexpr double digit_height = 0.73;  ///< of the font's size

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

/// The pixel in which a line lies.
double crisp(double at) { return std::floor(at); }

double widest_label(const std::vector<Tick>& ticks) {
  double widest = 0;
  for (const Tick& tick : ticks) widest = std::max(widest, text_width(typeset(tick.label), label_size));
  return widest;
}

}  // namespace

std::string typeset(const std::string& label) {
  std::string text;
  for (const char c : label) c == '-' ? text += "−" : text += c;
  return text;
}

std::vector<Tick> horizontal_ticks(const Axis& axis, double length) {
  return fitting_ticks(axis.range, length, axis.integers, [](const std::string& label) {
    return text_width(typeset(label), label_size) + 3 * label_size;
  });
}

std::vector<Tick> vertical_ticks(const Axis& axis, double length) {
  return fitting_ticks(axis.range, length, axis.integers, [](const std::string&) { return 2.5 * label_size; });
}

double width_of(const std::vector<Tick>& ticks, const std::string& axis_label) {
  return tick_length + gap + widest_label(ticks) + (axis_label.empty() ? 0 : gap + label_size);
}

double height_of_horizontal_axis() { return tick_length + gap + 2 * label_size + gap; }

void draw_horizontal_axis(Figure& figure, const Box& box, const Axis& axis, const std::vector<Tick>& ticks) {
  const double baseline = box.bottom + tick_length + gap + digit_height * label_size;
  for (const Tick& tick : ticks) {
    const double x = x_of(box, axis, tick);
    fill(figure, crisp(x), box.bottom, 1, tick_length, ink);
    const std::string label = typeset(tick.label);
    const double text_at = std::min(x, figure.width - text_width(label, label_size) / 2 - 2);  // within the page
    figure.shapes.emplace_back(Text{label, {text_at, std::round(baseline)}, label_size, Anchor::middle});
  }
  const double label_baseline = box.bottom + height_of_horizontal_axis() - 2;
  figure.shapes.emplace_back(
      Text{axis.label, {(box.left + box.right) / 2, std::round(label_baseline)}, label_size, Anchor::middle});
}

void draw_vertical_axis(Figure& figure, const Box& box, const Axis& axis, const std::vector<Tick>& ticks, Side side,
                        Upwards upwards) {
  const bool is_left = side == Side::left;
  const double edge = is_left ? box.left : box.right;
  const double text_at = is_left ? edge - tick_length - gap + 1 : edge + tick_length + gap - 1;
  for (const Tick& tick : ticks) {
    const double y = y_of(box, axis, tick, upwards);
    fill(figure, is_left ? edge - tick_length : edge, crisp(y), tick_length, 1, ink);
    figure.shapes.emplace_back(Text{typeset(tick.label),
                                    {text_at, std::round(y + digit_height * label_size / 2)},
                                    label_size,
                                    is_left ? Anchor::end : Anchor::start});
  }
  if (axis.label.empty()) return;
  const double away = width_of(ticks, axis.label) - label_size;
  const Point at{is_left ? edge - away - 2 : edge + away + label_size - 2, (box.top + box.bottom) / 2};
  figure.shapes.emplace_back(Text{axis.label, at, label_size, Anchor::middle, true});
}

void draw_grid(Figure& figure, const Box& box, const Axis& axis, const std::vector<Tick>& horizontal,
               const Axis& vertical_axis, const std::vector<Tick>& vertical) {
  for (const Tick& tick : horizontal) fill(figure, crisp(x_of(box, axis, tick)), box.top, 1, box.height(), faint);
  for (const Tick& tick : vertical)
    fill(figure, box.left, crisp(y_of(box, vertical_axis, tick, Upwards::yes)), box.width(), 1, faint);
}

void draw_frame(Figure& figure, const Box& box) {
  fill(figure, box.left - 1, box.top - 1, box.width() + 2, 1, ink);
  fill(figure, box.left - 1, box.bottom, box.width() + 2, 1, ink);
  fill(figure, box.left - 1, box.top, 1, box.height(), ink);
  fill(figure, box.right, box.top, 1, box.height(), ink);
}

}  // namespace fuseval::tools

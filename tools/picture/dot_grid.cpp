#include "tools/picture/dot_grid.hpp"

#include <algorithm>
#include <cmath>

namespace fuseval::tools {
namespace {

constexpr char32_t braille = 0x2800;
/// Unicode numbers the dots down the left column, down the right one, and the lowest two last.
constexpr unsigned braille_bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

}  // namespace

void DotGrid::set(int x, int y, Colour colour, char32_t mark) {
  if (x < 0 || x >= width() || y < 0 || y >= height()) return;
  Dots& dots = cells_[static_cast<std::size_t>(y / down()) * static_cast<std::size_t>(columns_) +
                      static_cast<std::size_t>(x / across())];
  dots.bits |= braille_bits[y % down()][x % across()];
  dots.colour = colour;
  dots.mark = mark;
}

void DotGrid::line(Point from, Point to, Colour colour, char32_t mark) {
  const double steps = std::max(
      {std::fabs(std::floor(to.x) - std::floor(from.x)), std::fabs(std::floor(to.y) - std::floor(from.y)), 1.0});
  for (double k = 0; k <= steps; ++k) {
    const double x = std::floor(from.x) + std::round((std::floor(to.x) - std::floor(from.x)) * k / steps);
    const double y = std::floor(from.y) + std::round((std::floor(to.y) - std::floor(from.y)) * k / steps);
    set(static_cast<int>(x), static_cast<int>(y), colour, mark);
  }
}

void DotGrid::draw(TextCanvas& canvas, int left, int top) const {
  for (int row = 0; row < rows_; ++row)
    for (int column = 0; column < columns_; ++column) {
      const Dots& dots =
          cells_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column)];
      if (dots.bits != 0)
        canvas.put(left + column, top + row, {is_braille_ ? braille + dots.bits : dots.mark, dots.colour, {}});
    }
}

}  // namespace fuseval::tools

#include "tools/picture/colour.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace fuseval::tools {
namespace {

constexpr Colour viridis[] = {
#include "tools/picture/viridis.inc"
};

constexpr Colour lines[] = {{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {230, 159, 0}, {86, 180, 233}};

std::uint8_t mixed(std::uint8_t under, std::uint8_t over, double share) {
  return static_cast<std::uint8_t>(std::lround(under + (over - under) * share));
}

}  // namespace

Colour blended(Colour under, Colour over, double share) {
  return {mixed(under.red, over.red, share), mixed(under.green, over.green, share),
          mixed(under.blue, over.blue, share)};
}

Colour mapped(double fraction) {
  const double last = std::size(viridis) - 1;
  return viridis[static_cast<std::size_t>(std::clamp(fraction * (last + 1), 0.0, last))];
}

Colour line_colour(std::size_t index, std::size_t count) {
  if (count <= std::size(lines)) return lines[index];
  return mapped(0.9 * static_cast<double>(index) / static_cast<double>(count - 1));  // the yellow end is hard to see
}

double luma(Colour colour) { return (0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue) / 255; }

}  // namespace fuseval::tools

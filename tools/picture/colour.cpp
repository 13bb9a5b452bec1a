#include "tools/picture/colour.hpp"

#include <algorithm>
#include <cmath>

namespace fuseval::tools {
namespace {

constexpr Colour viridis[] = {
#include "tools/picture/viridis.inc"
};

constexpr Colour magma[] = {
#include "tools/picture/magma.inc"
};

constexpr Colour blue_white_red[] = {
#include "tools/picture/blue_white_red.inc"
};

constexpr Colour lines[line_colours] = {{0, 114, 178},  {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {230, 159, 0},
                                        {86, 180, 233}, {26, 26, 26}, {90, 40, 240}, {120, 50, 0},    {136, 187, 102}};

template <std::size_t count>
Colour looked_up(const Colour (&colours)[count], double fraction) {
  constexpr double last = count - 1;
  return colours[static_cast<std::size_t>(std::clamp(fraction * (last + 1), 0.0, last))];
}

std::uint8_t mixed(std::uint8_t under, std::uint8_t over, double share) {
  return static_cast<std::uint8_t>(std::lround(under + (over - under) * share));
}

}  // namespace

Colour blended(Colour under, Colour over, double share) {
  return {mixed(under.red, over.red, share), mixed(under.green, over.green, share),
          mixed(under.blue, over.blue, share)};
}

Colour mapped(Colormap map, double fraction) {
  switch (map) {
    case Colormap::magma:
      return looked_up(magma, fraction);
    case Colormap::gray: {
      const auto level = static_cast<std::uint8_t>(std::clamp(fraction * 256, 0.0, 255.0));
      return {level, level, level};
    }
    case Colormap::blue_white_red:
      return looked_up(blue_white_red, fraction);
    case Colormap::viridis:
      break;
  }
  return looked_up(viridis, fraction);
}

Colour line_colour(std::size_t index) { return lines[index % line_colours]; }

double luma(Colour colour) { return (0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue) / 255; }

}  // namespace fuseval::tools

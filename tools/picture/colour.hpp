// Colours, and the map from numbers to them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuseval::tools {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;

  friend bool operator==(const Colour&, const Colour&) = default;
};

constexpr Colour white{255, 255, 255};
constexpr Colour ink{38, 38, 38};
constexpr Colour faint{228, 228, 228};
/// Of elements that are no numbers: a grey, which the colour map does not have.
constexpr Colour nan_colour{190, 190, 190};

/// `share` of `over` on `under`.
Colour blended(Colour under, Colour over, double share);

/// viridis: perceptually uniform, its lightness rises from 0 to 1 (fractions beyond are taken as the nearer end).
Colour mapped(double fraction);

/// A colour for each of `count` lines: Okabe and Ito's, which colour-blind people tell apart ("Color universal design",
/// 2008); for more lines than that, colours along the map.
Colour line_colour(std::size_t index, std::size_t count);

/// What the eye sees of it, 0 to 1 (Rec. 709 luma).
double luma(Colour colour);

}  // namespace fuseval::tools

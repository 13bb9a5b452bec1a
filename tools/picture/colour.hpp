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

/// Maps from numbers to colours. All but the last are sequential: their lightness rises from 0 to 1. The last diverges
/// from white in the middle, as evenly to both sides.
enum class Colormap { viridis, magma, gray, blue_white_red };

inline bool is_diverging(Colormap map) { return map == Colormap::blue_white_red; }

/// Fractions beyond 0 and 1 are taken as the nearer end.
Colour mapped(Colormap map, double fraction);

/// For lines and bars, in turn: ten colours that most colour-blind people tell apart, too. The first six are Okabe and
/// Ito's ("Color universal design", 2008).
Colour line_colour(std::size_t index);
constexpr std::size_t line_colours = 10;

/// What the eye sees of it, 0 to 1 (Rec. 709 luma).
double luma(Colour colour);

}  // namespace fuseval::tools

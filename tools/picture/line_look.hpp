// How lines are told apart beyond their colours.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/picture/colour.hpp"
#include "tools/picture/geometry.hpp"

namespace fuseval::tools {

struct LineLook {
  Colour colour;
  std::vector<double> dashes;  ///< lengths drawn and left out in turn, in pixels; none: the line is solid
  std::vector<Point> outline;  ///< of a marker of radius 1 around the origin, a closed polygon
};

/// Of one of several lines: ten colours, solid for the first ten, then in each of three patterns of dashes; eight
/// markers in turn. The first forty lines differ.
LineLook line_look(std::size_t index);

/// A marker's outline of another radius.
std::vector<Point> scaled(std::vector<Point> outline, double radius);

/// The drawn parts of lines.
std::vector<std::vector<Point>> dashed(const std::vector<std::vector<Point>>& pieces,
                                       const std::vector<double>& dashes);

}  // namespace fuseval::tools

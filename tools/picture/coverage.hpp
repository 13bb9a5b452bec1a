// How much of each pixel a shape covers.
#pragma once

#include <vector>

#include "tools/picture/font.hpp"
#include "tools/picture/geometry.hpp"

namespace fuseval::tools {

/// Shares of a grid of pixels, 0 to 1.
struct Coverage {
  int left = 0, top = 0;  ///< where the grid lies
  int width = 0, height = 0;
  std::vector<float> shares;  ///< row by row

  float& at(int x, int y) {
    return shares[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

/// Of an outline's inside, exactly, in the whole pixels that it touches.
Coverage coverage_of(const Outline& outline);

/// Of a line with round ends and corners, within a box, up to a twentieth of a pixel.
Coverage coverage_of(const std::vector<std::vector<Point>>& pieces, double width, const Box& clip);

}  // namespace fuseval::tools

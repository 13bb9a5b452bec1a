// A grid of colours, row by row from the top.
#pragma once

#include <vector>

#include "tools/picture/colour.hpp"

namespace fuseval::tools {

class Pixels {
 public:
  Pixels() = default;
  Pixels(int width, int height, Colour colour = white)
      : width_(width),
        height_(height),
        colours_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), colour) {}

  int width() const { return width_; }
  int height() const { return height_; }
  Colour& at(int x, int y) { return colours_[index(x, y)]; }
  const Colour& at(int x, int y) const { return colours_[index(x, y)]; }
  const Colour* data() const { return colours_.data(); }

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x);
  }

  int width_ = 0;
  int height_ = 0;
  std::vector<Colour> colours_;
};

/// The same picture with other numbers of pixels: each shows what was nearest to its middle.
Pixels stretched(const Pixels& pixels, int width, int height);

}  // namespace fuseval::tools

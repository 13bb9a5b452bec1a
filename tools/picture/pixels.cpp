#include "tools/picture/pixels.hpp"

namespace fuseval::tools {

Pixels stretched(const Pixels& pixels, int width, int height) {
  Pixels result(width, height);
  const auto nearest = [](int at, int length, int before) { return static_cast<int>((at + 0.5) / length * before); };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      result.at(x, y) = pixels.at(nearest(x, width, pixels.width()), nearest(y, height, pixels.height()));
  return result;
}

}  // namespace fuseval::tools

// What of a line lies within a box.
#pragma once

#include <vector>

#include "tools/picture/geometry.hpp"

namespace fuseval::tools {

/// The pieces cut off at the box: a piece that leaves it goes on as another where it comes back. Points may be as far
/// away as doubles reach.
std::vector<std::vector<Point>> clipped(const std::vector<std::vector<Point>>& pieces, const Box& box);

}  // namespace fuseval::tools

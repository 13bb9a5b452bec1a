// A box in pieces, each of which is one range of the box's elements in C order.
#pragma once

#include <optional>

#include "engine/world/box.hpp"

namespace fuseval::engine {

class BoxPieces {
 public:
  /// Pieces of `largest` elements at most, >= 1.
  BoxPieces(const Box& whole, int64_t largest);

  /// How many there are in all: none of an empty box.
  int64_t count() const;
  /// In C order; none after the last.
  std::optional<Box> next();

 private:
  Box whole_;
  size_t axis_ = 0;     // cut; of the axes before it a piece has one index, of those behind it all
  int64_t extent_ = 1;  // of a piece along the axis
  Box piece_;
  bool done_;
};

}  // namespace fuseval::engine

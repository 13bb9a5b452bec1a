// Layouts: which part of a global array each rank holds. A layout is part of an array's type, and the same on all
// ranks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/world/box.hpp"

namespace fuseval::engine {

class World;

struct Layout {
  int axis = -1;                 ///< that is cut; -1: replicated, every rank holds all of it, with the same bits
  std::vector<int64_t> offsets;  ///< [ranks + 1], from 0 to the axis's extent, not falling: rank r holds
                                 ///< [offsets[r], offsets[r + 1]), which may be nothing

  bool is_replicated() const { return axis < 0; }
  Box box_of(const Shape& shape, int rank) const;
  bool operator==(const Layout&) const = default;
};

/// Blocks whose lengths differ by one at most, the longer ones first.
Layout even_layout(const Shape& shape, int axis, int ranks);
/// Throws Error(argument) unless the axis is one of the shape's and the offsets are as Layout says.
void check_layout(const Layout& layout, const Shape& shape, int ranks);
/// "Replicated", "Block(axis 0, even)", "Block(axis 0, offsets 0 5 7 9)" (of many ranks: the first and the last few).
std::string describe(const Layout& layout, const Shape& shape);

/// What a distributed array is beside its elements. Immutable, so shared.
struct Distribution {
  std::shared_ptr<World> world;
  Shape shape;  ///< of the global array
  Layout layout;

  /// What this rank holds.
  Box box() const;
};

}  // namespace fuseval::engine

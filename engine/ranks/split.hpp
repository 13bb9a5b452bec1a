// Splits: which part of a loop nest each rank runs.
//
// Either a range of one parallel axis, or a range of the canonical blocks of a reduction, or all of it. A range is
// divided once more by what this rank's own memory has: the interior needs nothing of other ranks, and runs while the
// messages for the two edges beside it are on their way.
#pragma once

#include <optional>
#include <vector>

#include "engine/ranks/access.hpp"
#include "engine/world/layout.hpp"

namespace fuseval::engine {

/// A global array of a plan.
struct GlobalArray {
  Shape shape;
  int64_t itemsize = 0;
  Layout layout;

  Box held(int rank) const { return layout.box_of(shape, rank); }
};

/// A nest as it is lowered for whole arrays in C order, with what its operands touch.
struct GlobalNest {
  GlobalNest(LoopNest nest, const std::vector<GlobalArray>& arrays);

  LoopNest nest;
  std::vector<std::optional<Access>> accesses;  ///< [operand]; none of an index, and of a nest without elements
  int64_t block = 0;                            ///< elements of a canonical block, of a reduction

  bool has_elements() const { return nest.parallel_count() > 0 && (!nest.is_reduction() || nest.reduce_count() > 0); }
  /// All indexes.
  Box whole() const;
  /// Extents of the reduce axes.
  Shape reduced() const;
};

struct Range {
  int64_t first = 0, last = 0;
  bool is_empty() const { return first >= last; }
};

struct Split {
  enum class Kind {
    replicated,  ///< every rank runs all of it
    parallel,    ///< ranges of a parallel axis
    blocks       ///< ranges of the reduced elements in C order, which begin at canonical blocks
  };
  Kind kind = Kind::replicated;
  int axis = 0;                  ///< parallel only
  std::vector<int64_t> offsets;  ///< [ranks + 1]

  Range of(int rank) const;
  /// The nest's indexes in a part of a rank's range.
  Box indexes(const GlobalNest& nest, const Range& range) const;
  bool operator==(const Split&) const = default;
};

/// A rank's range, cut by what is in its own memory.
struct Parts {
  Range low, interior, high;
};
enum class Edge { low, high };
inline const Range& edge_of(const Parts& parts, Edge edge) { return edge == Edge::low ? parts.low : parts.high; }

/// Whether operand `k`, in this part of what the rank runs, finds all in the rank's own memory of `array`.
bool is_at_hand(const GlobalNest& nest, size_t k, const GlobalArray& array, const Box& indexes, int rank);
Parts parts_of(const GlobalNest& nest, const Split& split, const std::vector<GlobalArray>& arrays, int rank);

/// The split that moves the fewest bytes: along a given output (`given`: [array]), or along an array that the nest
/// reads. docs/distributed-internals.md, Splits, says how nests without distributed arrays are split.
Split choose_split(const GlobalNest& nest, const std::vector<GlobalArray>& arrays, const std::vector<bool>& given,
                   int ranks);

/// The layout of what the nest stores by operand `k`.
Layout stored_layout(const GlobalNest& nest, const Split& split, size_t k, const GlobalArray& array);

}  // namespace fuseval::engine

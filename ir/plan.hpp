// The plan: buffers and the loop nests that fill them, in order. What an engine runs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ir/chain.hpp"
#include "ir/fuse.hpp"
#include "ir/graph.hpp"
#include "ir/layout.hpp"
#include "ir/loops.hpp"

namespace fuseval {

enum class BufferRole : uint8_t { input, output, temporary };

struct BufferInfo {
  BufferRole role = BufferRole::temporary;
  uint32_t slot = 0;  ///< the caller's input slot, or the output's position
  DType dtype = DType::float64;
  Shape shape;
  std::vector<int64_t> strides;  ///< bytes
};

struct Plan {
  std::vector<BufferInfo> buffers;
  std::vector<LoopNest> kernels;
  std::vector<Chain> chains;  ///< in order, without common kernels
  /// [buffer]: the position of the tiled chain that alone writes and reads this temporary, row by row, or -1. It needs
  /// memory for one tile a thread.
  std::vector<int32_t> tile_of;
};

// The passes from a simplified function to a plan, in order: fuse, lower, find_chains (ir/chain.hpp), collapse_axes.
// inputs[slot]: the layouts of the caller's arrays. All layouts have an extent_of.

/// Groups the operations into kernels. A reshape of an input needs no copy where its strides allow a view.
FusionPlan fuse(const Function& function, std::span<const ArrayLayout> inputs);
/// One nest for each kernel. Its axes are those of its iteration space in logical order, whatever the strides.
/// outputs[k]: the layout in which result k is written; its shape is that of the result.
Plan lower(const Function& function, const FusionPlan& fusion, std::span<const ArrayLayout> inputs,
           std::span<const ArrayLayout> outputs);
/// Collapses the axes of every nest as far as its chain allows, and finds the temporaries that live in tiles. Debug
/// builds verify every nest.
void collapse_axes(Plan& plan);

/// Bytes that the kernels of a tiled chain read from and write to memory: they find in the cache what one of them has
/// touched, and what only they exchange stays there.
int64_t bytes_moved(const Plan& plan, const Chain& chain);

/// A line a chain.
std::string print_chains(const Plan& plan);
/// A line a kernel: space, loads, stores, bytes moved; a line a chain; then totals.
std::string print(const Plan& plan);

}  // namespace fuseval

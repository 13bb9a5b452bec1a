// The plan: buffers and the loop nests that fill them, in order. What an engine runs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ir/chain.hpp"
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

/// Fuses and lowers `function`. inputs[slot]: the caller's layouts; outputs[k]: the layout that result k is written in
/// (its shape is the result's shape). All have an extent_of. Every nest has been verified in debug builds.
Plan make_plan(const Function& function, std::span<const ArrayLayout> inputs, std::span<const ArrayLayout> outputs,
               const ChainLimits& limits);
/// The same before chains are looked for and axes collapse: each nest's axes are those of its iteration space in
/// logical order, whatever the strides.
Plan make_logical_plan(const Function& function, std::span<const ArrayLayout> inputs,
                       std::span<const ArrayLayout> outputs);

/// What make_plan does after lowering: finds the chains, collapses the axes of every nest as far as its chain lets it,
/// and finds out what lives in tiles.
void tile_chains(Plan& plan, const ChainLimits& limits);

/// Bytes that the kernels of a tiled chain read from and write to memory: they find in the cache what one of them has
/// touched, and what only they exchange stays there.
int64_t bytes_moved(const Plan& plan, const Chain& chain);

/// A line a kernel: space, loads, stores, bytes moved; a line a chain; then totals.
std::string print(const Plan& plan);

}  // namespace fuseval

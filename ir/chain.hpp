// Chains: consecutive kernels that are run tile by tile, so that what one of them writes, and the input that several of
// them read, is still in the cache when the next one reads it.
//
// `a - mean(a, axis=1, keepdims=True)` is two loop nests: the means, then the differences. Run one after another over
// everything they read a large `a` from memory twice. But row r of the second needs row r of the first alone, so both
// can be run over a few rows before the next few: the same code over the same elements in the same order, hence the
// same bits, with one pass over memory, no barrier between the nests, and no memory for what only they exchange.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ir/loops.hpp"

namespace fuseval {

struct Plan;

/// What tiles are made to fit into.
struct ChainLimits {
  int64_t tile_bytes = 0;  ///< what the kernels of a chain touch of one tile, unless its smallest tile is larger
  int64_t row_bytes = 0;   ///< most that they may touch of the smallest tile; beyond it they are not tiled
  int64_t threads = 1;     ///< fewer tiles than this would leave threads idle
  /// Tiles are single rows, of chains whose reductions keep the shared axes alone and run lanes along the rows: what a
  /// GPU's warps take.
  bool single_rows = false;
};

struct Chain {
  uint32_t first = 0;                           ///< kernels [first, first + positions.size()) of the plan
  std::vector<int64_t> extents;                 ///< of the parallel axes that all of them share, outermost first
  std::vector<std::vector<uint8_t>> positions;  ///< [kernel - first][shared axis]: which axis of the nest it is
  /// A tile: one index of the shared axes before `split`, `rows` of that one, all of those after it.
  int split = 0;
  int64_t rows = 0;   ///< 0: the smallest tile is too large, or there are too few: the kernels run one after another
  int64_t grain = 1;  ///< `rows` is a multiple, as must be any smaller number: tiles share few cache lines then
  int64_t row_bytes = 0;  ///< what the kernels touch of the smallest tile
  int64_t row_limit = 0;  ///< ChainLimits::row_bytes

  bool is_tiled() const { return rows > 0; }
  size_t size() const { return positions.size(); }
  bool contains(size_t kernel) const { return kernel >= first && kernel < first + size(); }
};

/// Whether the dependence distance along the shared axes is zero: every element that `write` and `read` have in common
/// is accessed by both at the same indices of these axes.
/// positions: as in Chain, of the nest that each belongs to.
bool shares_rows(const LoopNest& writer, const Operand& write, std::span<const uint8_t> write_positions,
                 const LoopNest& reader, const Operand& read, std::span<const uint8_t> read_positions);

/// Whether the elements at one index of the shared axes lie together, apart from those at any other.
bool is_row_contiguous(const LoopNest& nest, const Operand& operand, std::span<const uint8_t> positions);

/// The chains of a plan whose nests have been lowered, but not collapsed. Shared axes that every kernel of a chain
/// walks as one are merged in all of them. What a chain shares is found through the leading axes of its temporaries,
/// which lie in C order.
std::vector<Chain> find_chains(Plan& plan, const ChainLimits& limits);

}  // namespace fuseval

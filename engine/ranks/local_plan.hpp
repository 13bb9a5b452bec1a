// What one rank does of a global plan: its nests, for its own memory.
//
// The same structure of nest everywhere: a rank compiles what it may have to run (rank_space.hpp), the ranks of a job
// mostly the same kernels. Only strides and extents are its own.
#pragma once

#include <memory>
#include <vector>

#include "engine/cpu/node_reduction.hpp"
#include "engine/plan/specialisation.hpp"
#include "engine/ranks/global_plan.hpp"

namespace fuseval::engine {

/// Where the addresses of a local plan come from: arrays by their number, then fetched boxes by theirs.
struct LocalPlan {
  struct Part {
    LoopNest nest;
    size_t number = 0;            ///< among the plan's parts
    std::vector<TreeNode> nodes;  ///< of a split reduction
    size_t first_node = 0;        ///< its place among all of the rank's
    /// Or, instead of a nest, a tiled chain of this plan, of several kernels; buffers: arrays.
    std::shared_ptr<const Plan> run = nullptr;
    size_t chain = 0;
  };
  /// A split reduction where nothing is left to read: in any case, for combining and finishing.
  struct Home {
    LoopNest nest;
    size_t number = 0;      ///< among the plan's homes
    PreparedKernel kernel;  ///< the host's: it combines states, wherever they were made
  };
  struct Kernel {
    /// At most one (none too for a chain's kernels but the first); at most two, which need what was fetched.
    std::vector<Part> interior, edges;
    std::vector<Home> home;   ///< one, of a split reduction
    int64_t state_bytes = 0;  ///< of one node, all outputs
  };

  /// Of the memory that kernels and messages read an array's part from: packed inputs lie in C order.
  std::vector<int64_t> memory_strides(const GlobalPlan& plan, uint32_t array, int rank) const;

  std::vector<std::vector<int64_t>> strides;  ///< [array], bytes; of this rank's part
  std::vector<bool>
      is_packed;  ///< [array]: an input that is read by position, and does not lie in C order: copied first
  std::vector<Kernel> kernels;
  size_t parts = 0, homes = 0;  ///< how many there are
  int64_t temporary_bytes = 0;
  std::vector<int64_t> offsets;  ///< [array, then fetch]: where it lies among the temporaries; -1: elsewhere
};

/// strides: [array], of inputs and given outputs; empty: C order of the part. tiles: whether chains run tile by tile.
LocalPlan make_local_plan(const GlobalPlan& plan, std::vector<std::vector<int64_t>> strides, int rank, bool tiles,
                          const CompileContext& context);

/// The nodes of a split reduction that a rank computes, in order.
std::vector<TreeNode> nodes_of_rank(const GlobalKernel& kernel, const GlobalPlan& plan, int rank);

}  // namespace fuseval::engine

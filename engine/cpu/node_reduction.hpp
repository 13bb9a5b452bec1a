// Parts of a reduction: nodes of the canonical tree, reduced apart and combined wherever all of them meet.
#pragma once

#include <span>
#include <vector>

#include "engine/cpu/executor.hpp"

namespace fuseval::engine {

/// A node of the canonical tree: the elements [first, last), in C order over the reduce axes. `first` is a multiple of
/// its length, a power of two of canonical blocks; the last node of a reduction may be shorter than its length.
struct TreeNode {
  int64_t first = 0, last = 0;
  int64_t length = 0;
};

/// The largest nodes that make up [first, last), in order. `first` is a multiple of the block, `last` another one or
/// `count`, where the reduction ends.
std::vector<TreeNode> nodes_of(int64_t first, int64_t last, int64_t count, int64_t block);

/// A node as nodes of `length` elements, the last one maybe shorter; `length`: a power of two of blocks.
std::vector<TreeNode> runs_of(const TreeNode& node, int64_t length);

/// The kernel's accumulator states of each node, for all parallel indexes in C order, each node by one task. arguments:
/// as arguments_of gives them; states: as reduce_nodes'.
void reduce_each(const PreparedKernel& kernel, const codegen::KernelArguments* arguments,
                 std::span<const TreeNode> nodes, char* states, const ExecutionContext& context);

/// The same by as many tasks as the work is worth: node k's states at states + k * parallel_count * state_bytes.
/// buffers: as execute's.
void reduce_nodes(const PreparedKernel& kernel, char* const* buffers, std::span<const TreeNode> nodes, char* states,
                  const ExecutionContext& context);

/// Combines, in place and in the canonical order, the states of nodes that make up all of a reduction, one after
/// another from `states` on; the first ones are then the result's. outputs: how many states a node has.
void combine_nodes(const PreparedKernel& kernel, std::span<const TreeNode> nodes, char* states, int64_t outputs);

/// Turns complete states into results, with all of the epilogue.
void finish_reduction(const PreparedKernel& kernel, char* const* buffers, const char* states);

}  // namespace fuseval::engine

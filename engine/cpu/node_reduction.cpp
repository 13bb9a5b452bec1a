#include "engine/cpu/node_reduction.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/call_memory.hpp"
#include "engine/cpu/partition.hpp"
#include "ir/checked.hpp"
#include "ir/shape.hpp"

namespace fuseval::engine {
namespace {

/// Pointers of one kernel's operands.
class Bound {
 public:
  Bound(const PreparedKernel& kernel, char* const* buffers) : pointers_(kernel.bases.size()) {
    fill_pointers(kernel, buffers, pointers_.data());
    arguments_ = arguments_of(kernel, pointers_.data());
  }
  const codegen::KernelArguments* arguments() const { return &arguments_; }

 private:
  std::vector<char*> pointers_;
  codegen::KernelArguments arguments_;
};

/// What one call of the kernel needs, for each thread.
class Scratch {
 public:
  Scratch(const PreparedKernel& kernel, const ExecutionContext& context)
      : stride_(checked_round_up(kernel.code->scratch_bytes, 64)),
        memory_(context.memory, std::max<int64_t>(1, stride_), threads_of(context)) {}
  char* of(int thread) const { return memory_.data() + stride_ * thread; }

 private:
  int64_t stride_;
  ScratchMemory memory_;
};

// What threads take one at a time: some outputs of one node, or some blocks of it.
class NodeReduction {
 public:
  NodeReduction(const PreparedKernel& kernel, char* const* buffers, std::span<const TreeNode> nodes, char* states,
                const ExecutionContext& context)
      : kernel_(kernel),
        bound_(kernel, buffers),
        nodes_(nodes),
        states_(states),
        context_(context),
        bytes_(checked_multiply(kernel.parallel_count, kernel.code->state_bytes)) {}

  void go() {
    int64_t elements = 0;
    for (const TreeNode& node : nodes_) elements += node.last - node.first;
    const double nanoseconds =
        static_cast<double>(elements) * static_cast<double>(kernel_.parallel_count) * kernel_.element_nanoseconds;
    const int64_t pieces = wanted_pieces(context_, nanoseconds);
    // Long rows are cut where outputs are few, else outputs are; columns are kept as long as memory likes them.
    const int64_t outputs = kernel_.columns ? kernel_.parallel_count / 8192 : kernel_.parallel_count;
    if (pieces > 1 && outputs < pieces)
      by_runs(elements, pieces);
    else
      by_outputs(pieces);
  }

 private:
  char* states_of(size_t node) const { return states_ + static_cast<int64_t>(node) * bytes_; }

  // Boxes of outputs lie one after another in C order, so their states do.
  void by_outputs(int64_t pieces) {
    const std::span extents(kernel_.extents.data(), static_cast<size_t>(kernel_.parallel_rank));
    const Partition partition(extents, pieces, kernel_.columns ? 512 : 1);
    const auto boxes = partition.count();
    const Scratch scratch(kernel_, context_);
    parallel(context_, boxes * static_cast<int64_t>(nodes_.size()), [&](int64_t task, int thread) {
      int64_t lower[max_rank], upper[max_rank];
      partition.box(task % boxes, lower, upper);
      const auto node = static_cast<size_t>(task / boxes);
      reduce_box(kernel_, bound_.arguments(), lower, upper, nodes_[node].first, nodes_[node].last,
                 states_of(node) + position(lower) * kernel_.code->state_bytes, scratch.of(thread), context_.control);
    });
  }
  int64_t position(const int64_t* lower) const {
    int64_t position = 0;
    for (int k = 0; k < kernel_.parallel_rank; ++k)
      position = position * kernel_.extents[static_cast<size_t>(k)] + lower[k];
    return position;
  }

  void by_runs(int64_t elements, int64_t pieces) {
    const int64_t blocks = (elements / kernel_.code->block) / std::min<int64_t>(pieces, 16 * context_.max_threads);
    const int64_t length =
        kernel_.code->block * static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(std::max<int64_t>(1, blocks))));
    std::vector<TreeNode> runs;
    std::vector<size_t> begins;
    for (const TreeNode& node : nodes_) {
      begins.push_back(runs.size());
      for (const TreeNode& run : runs_of(node, std::min(length, node.length))) runs.push_back(run);
    }
    begins.push_back(runs.size());
    const ScratchMemory all(context_.memory, bytes_, static_cast<int64_t>(runs.size()));
    reduce_each(kernel_, bound_.arguments(), runs, all.data(), context_);
    if (!context_.goes_on()) return;
    for (size_t k = 0; k < nodes_.size(); ++k) {
      char* const first = all.data() + static_cast<int64_t>(begins[k]) * bytes_;
      combine_nodes(kernel_, std::span(runs).subspan(begins[k], begins[k + 1] - begins[k]), first,
                    kernel_.parallel_count);
      std::memcpy(states_of(k), first, static_cast<size_t>(bytes_));
    }
  }

  const PreparedKernel& kernel_;
  Bound bound_;
  std::span<const TreeNode> nodes_;
  char* states_;
  const ExecutionContext& context_;
  int64_t bytes_;
};

}  // namespace

std::vector<TreeNode> nodes_of(int64_t first, int64_t last, int64_t count, int64_t block) {
  std::vector<TreeNode> nodes;
  for (int64_t at = first; at < last; at = nodes.back().last) {
    const auto index = static_cast<uint64_t>(at / block), left = static_cast<uint64_t>((last - at + block - 1) / block);
    const uint64_t aligned = index == 0 ? uint64_t{1} << 62 : index & -index;
    // The last node of all may be cut short by the end.
    const uint64_t blocks = std::min(aligned, last == count ? std::bit_ceil(left) : std::bit_floor(left));
    const int64_t length = static_cast<int64_t>(blocks) * block;
    nodes.push_back({at, std::min(last, at + length), length});
  }
  return nodes;
}

std::vector<TreeNode> runs_of(const TreeNode& node, int64_t length) {
  std::vector<TreeNode> runs;
  for (int64_t first = node.first; first < node.last; first += length)
    runs.push_back({first, std::min(node.last, first + length), length});
  return runs;
}

void reduce_each(const PreparedKernel& kernel, const codegen::KernelArguments* arguments,
                 std::span<const TreeNode> nodes, char* states, const ExecutionContext& context) {
  const int64_t bytes = kernel.parallel_count * kernel.code->state_bytes;
  const Scratch scratch(kernel, context);
  parallel(context, static_cast<int64_t>(nodes.size()), [&](int64_t k, int thread) {
    const TreeNode& node = nodes[static_cast<size_t>(k)];
    reduce_box(kernel, arguments, kernel.lower.data(), kernel.extents.data(), node.first, node.last, states + k * bytes,
               scratch.of(thread), context.control);
  });
}

void reduce_nodes(const PreparedKernel& kernel, char* const* buffers, std::span<const TreeNode> nodes, char* states,
                  const ExecutionContext& context) {
  if (nodes.empty() || kernel.parallel_count == 0) return;
  context.counters.add(context.counters.launches, 1);
  NodeReduction(kernel, buffers, nodes, states, context).go();
}

// As a binary counter carries: two nodes of one length beside each other are one of twice that; what is left at the end
// is combined from the last on, as an odd last node of the tree passes up.
void combine_nodes(const PreparedKernel& kernel, std::span<const TreeNode> nodes, char* states, int64_t outputs) {
  const int64_t bytes = outputs * kernel.code->state_bytes;
  std::vector<int64_t> lengths;  // of the nodes so far, each at its place from `states` on
  const auto combine_last = [&] {
    const auto left = static_cast<int64_t>(lengths.size()) - 2;
    kernel.code->combine(states + left * bytes, states + (left + 1) * bytes, outputs);
    lengths.pop_back();
    lengths.back() *= 2;
  };
  for (size_t k = 0; k < nodes.size(); ++k) {
    const auto place = static_cast<int64_t>(lengths.size());
    if (place != static_cast<int64_t>(k))
      std::memcpy(states + place * bytes, states + static_cast<int64_t>(k) * bytes, static_cast<size_t>(bytes));
    lengths.push_back(nodes[k].length);
    int64_t begin = nodes[k].first;
    while (lengths.size() > 1 && lengths[lengths.size() - 2] == lengths.back() &&
           (begin - lengths.back()) % (2 * lengths.back()) == 0) {
      begin -= lengths.back();
      combine_last();
    }
  }
  while (lengths.size() > 1) combine_last();
}

void finish_reduction(const PreparedKernel& kernel, char* const* buffers, const char* states) {
  if (kernel.parallel_count == 0) return;
  const Bound bound(kernel, buffers);
  kernel.code->finish(bound.arguments(), kernel.lower.data(), kernel.extents.data(), states);
}

}  // namespace fuseval::engine

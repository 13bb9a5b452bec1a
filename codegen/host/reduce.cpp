#include "codegen/host/reduce.hpp"

#include <algorithm>
#include <vector>

#include "codegen/scalar/reduction.hpp"

namespace fuseval::codegen {
namespace {

using State = ReductionState<HostEmitter>;

constexpr int64_t rows_of_a_block = 64;
constexpr int64_t serial_block = 16;

class Reducer {
 public:
  Reducer(Reduction reduction, DType dtype, std::span<const HostValue> elements)
      : reduction_(reduction), dtype_(dtype), elements_(elements) {}

  /// (A): blocks of 64 rows of lanes; lanes combine by halving.
  State block_of_lanes(int64_t first) {
    const int64_t lanes = lanes_of(dtype_);
    std::vector<State> states;
    for (int64_t lane = 0; lane < lanes; ++lane)
      states.push_back(run(first + lane, lanes, std::min(count(), first + rows_of_a_block * lanes)));
    for (size_t half = states.size() / 2; half > 0; half /= 2)
      for (size_t lane = 0; lane < half; ++lane) states[lane] = merged(states[lane], states[lane + half]);
    return states[0];
  }
  /// (B): blocks of 16 consecutive elements.
  State serial(int64_t first) { return run(first, 1, std::min(count(), first + serial_block)); }

  /// The binary tree: 2k with 2k + 1, an odd last one passes up.
  State tree(std::vector<State> level) {
    while (level.size() > 1) {
      std::vector<State> next;
      for (size_t k = 0; k + 1 < level.size(); k += 2) next.push_back(merged(level[k], level[k + 1]));
      if (level.size() % 2 != 0) next.push_back(level.back());
      level = std::move(next);
    }
    return level[0];
  }
  int64_t count() const { return static_cast<int64_t>(elements_.size()); }

 private:
  State merged(const State& left, const State& right) {
    return codegen::merge<HostEmitter>(reduction_, left, right, emitter_);
  }
  /// The elements first, first + step, … below end, one after the other; for moment2 by leaves of 16 and their tree.
  State run(int64_t first, int64_t step, int64_t end) {
    if (reduction_ == Reduction::moment2) return run_of_leaves(first, step, end);
    State state = identity(reduction_, dtype_, emitter_);
    for (int64_t k = first; k < end; k += step) {
      const HostValue index = emitter_.integer(DType::int64, k);
      const State element = element_state<HostEmitter>(reduction_, elements_[static_cast<size_t>(k)], index, emitter_);
      state = merged(state, element);
    }
    return state;
  }
  State run_of_leaves(int64_t first, int64_t step, int64_t end) {
    std::vector<State> leaves;
    for (int64_t begin = first; begin < end; begin += moment_leaf_rows * step) {
      std::vector<HostValue> rows;
      for (int64_t k = begin; k < std::min(end, begin + moment_leaf_rows * step); k += step)
        rows.push_back(elements_[static_cast<size_t>(k)]);
      leaves.push_back(moment_leaf<HostEmitter>(rows, {}, emitter_));
    }
    return leaves.empty() ? identity(reduction_, dtype_, emitter_) : tree(std::move(leaves));
  }

  Reduction reduction_;
  DType dtype_;
  std::span<const HostValue> elements_;
  HostEmitter emitter_;
};

}  // namespace

HostValue reduce_canonically(Reduction reduction, ReductionOrder order, DType dtype,
                             std::span<const HostValue> elements) {
  const DType result = result_dtype(reduction, dtype);
  if (elements.empty()) return {result, empty_result_bits(reduction, dtype)};
  Reducer reducer(reduction, dtype, elements);
  const bool in_lanes = order == ReductionOrder::lanes;
  const int64_t block = in_lanes ? rows_of_a_block * lanes_of(dtype) : serial_block;
  std::vector<State> blocks;
  for (int64_t first = 0; first < reducer.count(); first += block)
    blocks.push_back(in_lanes ? reducer.block_of_lanes(first) : reducer.serial(first));
  return reduction_result<HostEmitter>(reduction, reducer.tree(std::move(blocks)));
}

}  // namespace fuseval::codegen

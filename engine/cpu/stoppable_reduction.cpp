// Pieces are combined as they come, as a binary counter carries: after piece k, as many times as k ends in ones. The
// stack holds one state for each bit, and what is left at the end is combined from the last on: an odd last node of
// the tree passes up.
#include "engine/cpu/stoppable_reduction.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "engine/base/run_control.hpp"
#include "engine/cpu/partition.hpp"
#include "engine/cpu/short_boxes.hpp"
#include "ir/checked.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {
namespace {

class NodeStack {
 public:
  NodeStack(const PreparedKernel& kernel, int64_t outputs, int64_t pieces)
      : combine_(kernel.code->combine),
        outputs_(outputs),
        bytes_(checked_multiply(outputs, kernel.code->state_bytes)),
        buffer_(static_cast<size_t>(checked_multiply(bytes_, std::bit_width(static_cast<uint64_t>(pieces)) + 1))) {}

  /// Where the next piece's states are to be written.
  char* next() { return buffer_.data() + size_ * bytes_; }
  void push() {
    ++size_;
    for (int carries = std::countr_one(pushed_++); carries > 0; --carries) combine_last();
  }
  const char* combined() {
    while (size_ > 1) combine_last();
    return buffer_.data();
  }

 private:
  void combine_last() {
    --size_;
    combine_(buffer_.data() + (size_ - 1) * bytes_, buffer_.data() + size_ * bytes_, outputs_);
  }

  codegen::CombineFunction combine_;
  int64_t outputs_;
  int64_t bytes_;
  runtime::Buffer buffer_;
  int64_t size_ = 0;
  uint64_t pushed_ = 0;
};

/// Empty where there is no memory for it: tasks of the pool may not throw, and a range can be reduced without stops.
std::optional<NodeStack> stack_for(const PreparedKernel& kernel, int64_t outputs, int64_t pieces) {
  try {
    return std::optional<NodeStack>(std::in_place, kernel, outputs, pieces);
  } catch (const Error&) {
    return std::nullopt;
  }
}

int64_t piece_length(const PreparedKernel& kernel, int64_t outputs) {
  const double elements = static_cast<double>(kernel.granule) * static_cast<double>(outputs);
  const double wanted = RunControl::block_nanoseconds / std::max(elements * kernel.element_nanoseconds, 1e-3);
  const double most = RunControl::longest_nanoseconds / std::max(elements * kernel.dearest_nanoseconds, 1e-3);
  const double granules = std::clamp(std::min(wanted, most), 1.0, 1e15);
  return kernel.granule * static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(granules)));
}

/// Of a box whose outputs are few enough for pieces to be short.
void reduce_short_box(const PreparedKernel& kernel, const codegen::KernelArguments* arguments, const int64_t* lower,
                      const int64_t* upper, int64_t first, int64_t last, char* states, char* scratch,
                      RunControl& control) {
  const int64_t outputs = box_count(kernel.parallel_rank, lower, upper);
  const int64_t length = piece_length(kernel, outputs);
  const auto reduce = [&](int64_t begin, int64_t end, char* target) {
    kernel.code->reduce(arguments, lower, upper, begin, end, target, scratch);
    control.did(static_cast<double>(outputs) * static_cast<double>(end - begin) * kernel.element_nanoseconds);
  };
  if (last - first <= length) return reduce(first, last, states);
  std::optional<NodeStack> stack = stack_for(kernel, outputs, (last - first + length - 1) / length);
  if (!stack) return reduce(first, last, states);
  NodeStack& nodes = *stack;
  for (int64_t begin = first; begin < last; begin += length) {
    if (!control.goes_on()) return;
    reduce(begin, std::min(last, begin + length), nodes.next());
    nodes.push();
  }
  std::memcpy(states, nodes.combined(), static_cast<size_t>(outputs * kernel.code->state_bytes));
}

}  // namespace

void reduce_stoppably(const PreparedKernel& kernel, const codegen::KernelArguments* arguments, const int64_t* lower,
                      const int64_t* upper, int64_t first, int64_t last, char* states, char* scratch,
                      RunControl& control) {
  const double least = static_cast<double>(std::min(kernel.granule, last - first)) * kernel.dearest_nanoseconds;
  each_short_box(kernel.parallel_rank, lower, upper, least, kernel.columns ? vector_grain : 1, control,
                 [&](const int64_t* from, const int64_t* to, int64_t position) {
                   reduce_short_box(kernel, arguments, from, to, first, last,
                                    states + position * kernel.code->state_bytes, scratch, control);
                 });
}

}  // namespace fuseval::engine

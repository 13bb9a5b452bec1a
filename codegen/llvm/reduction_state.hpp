// The states of a nest's accumulators in memory: as the kernel's callers see them (one record an output), and as arrays
// of components in a kernel's scratch.
#pragma once

#include <array>
#include <vector>

#include "codegen/llvm/frame.hpp"
#include "codegen/lower_scalar.hpp"
#include "codegen/reduction_layout.hpp"

namespace fuseval::codegen {

using LlvmState = ReductionState<LlvmEmitter>;
using Pointers = std::array<llvm::Value*, max_components>;

LlvmState load_components(LlvmEmitter& e, const Accumulator& accumulator, const Pointers& from);
void store_components(LlvmEmitter& e, const Accumulator& accumulator, const LlvmState& state, const Pointers& to);
LlvmState merge_states(LlvmEmitter& e, const Accumulator& accumulator, const LlvmState& left, const LlvmState& right);
LlvmState select_state(LlvmEmitter& e, llvm::Value* mask, const Accumulator& accumulator, const LlvmState& yes,
                       const LlvmState& no);

/// Pointers to an accumulator's components in the record at `record`.
Pointers in_record(Frame& frame, const StateLayout& layout, int accumulator, llvm::Value* record);

/// Hands out 64-byte aligned pieces of a kernel's scratch while it is written.
class Scratch {
 public:
  Scratch(Frame& frame, llvm::Value* base) : frame_(frame), base_(base) {}
  llvm::Value* take(int64_t bytes);
  int64_t bytes() const { return bytes_; }

 private:
  Frame& frame_;
  llvm::Value* base_;
  int64_t bytes_ = 0;
};

}  // namespace fuseval::codegen

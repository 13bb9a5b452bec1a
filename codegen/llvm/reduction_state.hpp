// The states of a nest's accumulators in memory: as the kernel's callers see them (one record an output), and as arrays
// of components in a kernel's scratch.
#pragma once

#include <array>
#include <vector>

#include "codegen/llvm/frame.hpp"
#include "codegen/lower_scalar.hpp"

namespace fuseval::codegen {

using LlvmState = ReductionState<LlvmEmitter>;
using Pointers = std::array<llvm::Value*, max_components>;

/// Where the components of one output's state lie: every accumulator's, back to back, each aligned to its size. A
/// single component makes an array of states an array of numbers, which vectorises.
class StateLayout {
 public:
  explicit StateLayout(const LoopNest& nest);

  int64_t bytes() const { return bytes_; }
  int64_t offset(int accumulator, int component) const {
    return offsets_[static_cast<size_t>(accumulator)][static_cast<size_t>(component)];
  }
  bool is_single() const { return single_; }

 private:
  std::vector<std::array<int64_t, max_components>> offsets_;
  int64_t bytes_ = 0;
  bool single_ = false;
};

/// Elements of a canonical block's row: 512 bytes of the accumulators whose order matters, or of the first.
int canonical_lanes(const LoopNest& nest);

/// By accumulator: the body's value that it takes.
std::vector<uint32_t> accumulated_values(const LoopNest& nest);

DType component_of(const Accumulator& accumulator, int component);
/// Bytes that a component takes in memory.
int component_bytes(const Accumulator& accumulator, int component);

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

// The states of a nest's accumulators in memory: as the kernel's callers see them (one record an output), and as arrays
// of components in a kernel's scratch.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "codegen/llvm/frame.hpp"
#include "codegen/llvm/shared_function.hpp"
#include "codegen/lower_scalar.hpp"
#include "codegen/reduction_layout.hpp"

namespace fuseval::codegen {

using LlvmState = ReductionState<LlvmEmitter>;
using Pointers = std::array<llvm::Value*, max_components>;

LlvmState load_components(LlvmEmitter& e, const Accumulator& accumulator, const Pointers& from);
void store_components(LlvmEmitter& e, const Accumulator& accumulator, const LlvmState& state, const Pointers& to);
LlvmState merge_states(LlvmEmitter& e, const Accumulator& accumulator, const LlvmState& left, const LlvmState& right);
/// to = merge(to, from), in memory.
void merge_in_memory(LlvmEmitter& e, const Accumulator& accumulator, const Pointers& to, const Pointers& from);
LlvmState select_state(LlvmEmitter& e, llvm::Value* mask, const Accumulator& accumulator, const LlvmState& yes,
                       const LlvmState& no);

/// Pointers to an accumulator's components in the record at `record`.
Pointers in_record(Frame& frame, const StateLayout& layout, int accumulator, llvm::Value* record);

/// Of a nest that has many alike: what is done with this accumulator's arrays in memory, by a function that all of them
/// share (shared_function.hpp). body: void(const std::vector<Pointers>&), given its own places.
class AlikeAccumulators {
 public:
  explicit AlikeAccumulators(const LoopNest& nest) : nest_(nest) {}

  bool are_many(const Accumulator& accumulator) const;
  static std::string name(const char* what, const LlvmEmitter& e, const Accumulator& accumulator);
  template <class Body>
  void run(const char* what, LlvmEmitter& e, const Accumulator& accumulator, std::span<const Pointers> places,
           Body&& body) const {
    if (!are_many(accumulator)) return body(places);
    call_shared(name(what, e, accumulator), flat(accumulator, places), e.builder(),
                [&](const std::vector<llvm::Value*>& own) { body(in_places(accumulator, own)); });
  }

 private:
  static std::vector<llvm::Value*> flat(const Accumulator& accumulator, std::span<const Pointers> places);
  static std::vector<Pointers> in_places(const Accumulator& accumulator, const std::vector<llvm::Value*>& pointers);

  const LoopNest& nest_;
};

/// merge_in_memory by a function of theirs.
void merge_alike(LlvmEmitter& e, const AlikeAccumulators& alike, const Accumulator& accumulator, const Pointers& to,
                 const Pointers& from);

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

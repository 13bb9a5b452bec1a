// moment2 in order (A) of docs/language.md: each lane's leaves of 16 rows, and the tree over the four leaves of a
// block.
//
// A leaf needs its elements twice, for the mean and for the deviations, so a group of 16 rows is evaluated into scratch
// first. Leaves go onto a stack of lane arrays in the way that blocks go onto theirs (kernel_reduce_lanes.cpp).
#pragma once

#include "codegen/llvm/reduction_state.hpp"

namespace fuseval::codegen {

class MomentLeaves {
 public:
  /// lanes: LANES; width: lanes of the vectors that are used. Takes its memory from the scratch.
  MomentLeaves(Frame& frame, Scratch& scratch, const AlikeAccumulators& alike, const Accumulator& accumulator,
               int lanes, int width);

  /// Elements of a group of 16 rows.
  int64_t group() const { return int64_t{moment_leaf_rows} * lanes_; }
  /// Keeps a vector of elements, the first of which has this number. Lanes beyond a tail may hold anything.
  void keep(LlvmEmitter& e, LlvmValue value, llvm::Value* element);
  /// Turns elements [from, to) of the block [begin, end), a group or what is left, into leaves and merges what is
  /// complete.
  void add_group(llvm::Value* begin, llvm::Value* from, llvm::Value* to, llvm::Value* end);
  /// The arrays that hold a block's state of each lane after its last group.
  Pointers lanes() { return level(frame_.number(0)); }

 private:
  using Values = std::vector<llvm::Value*>;

  Pointers level(llvm::Value* depth);
  Pointers at(const Pointers& arrays, llvm::Value* slot);
  void merge(const Pointers& left, const Pointers& right);
  void merge_lanes(const Pointers& left, const Pointers& right);
  void compute(const Pointers& to, llvm::Value* count, llvm::Value* used);
  void compute_lanes(const Pointers& to, llvm::Value* count, llvm::Value* used);
  void compute_vectors(LlvmEmitter& e, const Pointers& to, llvm::Value* full, llvm::Value* rest, llvm::Value* slot);
  template <class F>
  Values over_rows(LlvmEmitter& e, llvm::Value* full, const Values& slots, const std::vector<LlvmValue>& present,
                   F&& f);
  LlvmValue present(LlvmEmitter& e, llvm::Value* rest, llvm::Value* slot);
  LlvmValue kept(LlvmEmitter& e, llvm::Value* row, llvm::Value* slot);

  Frame& frame_;
  llvm::IRBuilder<>& ir;
  const AlikeAccumulators& alike_;
  Accumulator accumulator_;
  int lanes_, width_;
  int64_t array_bytes_;
  llvm::Value* stage_;
  llvm::Value* levels_;
};

}  // namespace fuseval::codegen

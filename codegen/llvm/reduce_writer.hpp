// What both orders of "reduce" share: the loops over outputs, records of states, and the indices of several reduce
// axes.
#pragma once

#include <vector>

#include "codegen/llvm/lane_loop.hpp"
#include "codegen/llvm/reduction_state.hpp"

namespace fuseval::codegen {

class ReduceWriter {
 public:
  ReduceWriter(llvm::Module& module, const LoopNest& nest, const Target& target);
  virtual ~ReduceWriter() = default;

  /// Returns the bytes of scratch that the function needs.
  int64_t write();

 protected:
  /// Emits what runs once for every index of the first `outer_axes()` parallel axes; they have been entered.
  virtual void output(const Evaluation& evaluation) = 0;
  virtual int outer_axes() const { return parallel_; }
  /// Takes scratch and variables, in the function's first block.
  virtual void allocate() = 0;

  llvm::Value* first() const { return frame_.parameter(3); }
  llvm::Value* last() const { return frame_.parameter(4); }
  int reduce_rank() const { return nest_.rank() - parallel_; }

  /// The record of the current output, and the step to the one `count` outputs on.
  llvm::Value* record() { return ir.CreateLoad(ir.getPtrTy(), record_); }
  void advance_record(llvm::Value* count);
  Pointers in_record_at(size_t accumulator, llvm::Value* record) {
    return in_record(frame_, layout_, static_cast<int>(accumulator), record);
  }
  /// Pointers to element `slot` of arrays of an accumulator's components.
  Pointers in_arrays(size_t accumulator, const Pointers& arrays, llvm::Value* slot);
  /// The numbers element, element + step, … of the lanes, for reductions that want them (argmin, argmax).
  LlvmValue numbers(LlvmEmitter& e, const Accumulator& accumulator, llvm::Value* element, int64_t step);

  // Between an accumulator's state and a flat list of loop-carried values.
  void flatten(const Accumulator& accumulator, const LlvmState& state, std::vector<llvm::Value*>& values) const;
  LlvmState unflatten(const Accumulator& accumulator, const std::vector<llvm::Value*>& values, size_t& next) const;

  // Where there are several reduce axes, their indices are variables.
  llvm::Value* index_of(int axis) { return index_[static_cast<size_t>(axis - parallel_)]; }
  llvm::Value* read(llvm::Value* variable) { return ir.CreateLoad(ir.getInt64Ty(), variable); }
  /// To those of element `first`.
  void set_index();
  /// Where axis has reached its extent, starts it over and steps the axis before it.
  void carry_index(int axis);

  Frame frame_;
  llvm::IRBuilder<>& ir;
  const LoopNest& nest_;
  StateLayout layout_;
  Scratch scratch_;
  int parallel_;
  LanePlan plan_;  ///< of the body

 private:
  llvm::Value* inhabited();
  void outputs(int axis, const Evaluation& outside);
  void empty_outputs();

  llvm::Value* record_ = nullptr;
  std::vector<llvm::Value*> index_;
};

}  // namespace fuseval::codegen

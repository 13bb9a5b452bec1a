// Evaluates the instructions of a body or an epilogue, each hoisted to the outermost loop where its operands are
// available.
//
// Loops call `enter` as they fix an axis. An instruction whose axes have all been entered, and which does not move
// along the lane axis, is emitted once as a scalar (`hoist`); the others are emitted per vector (`Lanes`). So sin(a) in
// sin(a)[:, None] * b costs one scalar evaluation a row. An Evaluation is a value: copy it before a loop whose values
// must not be seen behind it.
#pragma once

#include <functional>
#include <vector>

#include "codegen/llvm/access.hpp"
#include "codegen/llvm/frame.hpp"

namespace fuseval::codegen {

/// One vector along the lane axis: the N elements from start + shift on, those of mask only.
struct Lanes {
  LlvmEmitter emitter;
  llvm::Value* start;  ///< null when there is no lane axis
  int64_t shift = 0;
  llvm::Value* mask = nullptr;         ///< null: all lanes
  std::vector<LlvmValue> values = {};  ///< by instruction, as far as evaluated

  /// Of lane 0 on the lane axis.
  llvm::Value* index() {
    return shift == 0 ? start
                      : emitter.builder().CreateAdd(start, emitter.builder().getInt64(static_cast<uint64_t>(shift)));
  }
};

class Evaluation {
 public:
  /// Gives the value of a `result` instruction.
  using Results = std::function<LlvmValue(const Instruction&, Lanes&)>;

  /// lane_axis: the axis that runs in lanes, or -1.
  Evaluation(Frame& frame, const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis,
             Results results = {});

  /// Fixes an axis other than the lane axis.
  void enter(int axis, llvm::Value* index);
  /// Emits what depends on entered axes alone.
  void hoist();
  /// Before a loop over vectors: broadcasts what its vectors share. For one lane there is nothing to do.
  void prepare(LlvmEmitter& e);

  /// Emits the loads, then the operations, of a vector, as far as the entered axes allow.
  void load(Lanes& lanes) const;
  void compute(Lanes& lanes) const;
  /// Emits the stores; with `streaming`, those operands by non-temporal stores.
  void store(Lanes& lanes, uint64_t streaming = 0) const;
  /// The value of an instruction in a vector.
  LlvmValue value(uint32_t instruction, Lanes& lanes) const;

  const std::vector<Instruction>& instructions() const { return *instructions_; }
  int lane_axis() const { return lane_axis_; }
  /// Where an operand's element lies at the entered axes and 0 on the others.
  llvm::Value* base(int operand) const { return places_[static_cast<size_t>(operand)]; }
  /// Where the vector's elements of an operand lie.
  Place place(int operand, Lanes& lanes) const;

 private:
  uint64_t axes_of(const Instruction& instruction) const;
  uint64_t lane_bit() const { return lane_axis_ < 0 ? 0 : uint64_t{1} << lane_axis_; }
  bool is_ready(size_t k) const;
  LlvmValue emit_load(const Instruction& instruction, Lanes& lanes) const;
  LlvmValue emit_scalar(size_t k, Lanes& lanes) const;
  bool is_prepared(Lanes& lanes) const { return prepared_lanes_ == lanes.emitter.lanes(); }
  llvm::Value* lane_stride(int operand) const;
  llvm::Value* index_offsets(int operand, LlvmEmitter& e) const;

  Frame* frame_;
  const LoopNest* nest_;
  const std::vector<Instruction>* instructions_;
  int lane_axis_;
  Results results_;
  std::vector<bool> shared_;  ///< by instruction: whether it is a call
  uint64_t entered_ = 0;
  std::vector<uint64_t> axes_;         ///< by instruction: the axes it depends on
  std::vector<llvm::Value*> places_;   ///< by operand: pointer (index operand: value) at the entered axes
  std::vector<LlvmValue> scalars_;     ///< by instruction: hoisted values
  std::vector<LlvmValue> splats_;      ///< the same, in prepared_lanes_ lanes
  std::vector<llvm::Value*> hoisted_;  ///< by operand: 3 * stride of strided ones, lane offsets of indices
  int prepared_lanes_ = 1;
};

}  // namespace fuseval::codegen

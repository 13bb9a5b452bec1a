// The last two functions of a reduction: the merge of states, and states to results through the epilogue.
#include "codegen/llvm/kernel_reduce.hpp"
#include "codegen/llvm/lane_loop.hpp"
#include "codegen/llvm/reduction_state.hpp"

namespace fuseval::codegen {
namespace {

using Parameter = Frame::Parameter;

void combine_one(Frame& frame, const LoopNest& nest, const StateLayout& layout, Lanes& lanes) {
  llvm::Value* offset = frame.ir.CreateMul(lanes.index(), frame.number(layout.bytes()));
  llvm::Value* left = frame.advance(frame.parameter(0), offset);
  llvm::Value* right = frame.advance(frame.parameter(1), offset);
  for (size_t k = 0; k < nest.accumulators.size(); ++k) {
    const Pointers to = in_record(frame, layout, static_cast<int>(k), left);
    const Pointers from = in_record(frame, layout, static_cast<int>(k), right);
    merge_alike(lanes.emitter, AlikeAccumulators(nest), nest.accumulators[k], to, from);
  }
}

class FinishWriter {
 public:
  FinishWriter(llvm::Module& module, const LoopNest& nest, const Target& target)
      : frame_(module, target, "finish",
               {Parameter::pointer, Parameter::pointer, Parameter::pointer, Parameter::pointer}),
        nest_(nest),
        layout_(nest),
        rank_(nest.parallel_rank()),
        plan_(plan_lanes(nest, nest.epilogue, rank_ - 1, target)) {
    for (const Instruction& instruction : nest.epilogue)
      if (instruction.kind == InstructionKind::result)
        plan_.masked_tail = plan_.masked_tail && can_mask(target, result_layout(), memory_dtype(instruction.dtype));
    plan_.strided = plan_.strided || result_layout() == LayoutClass::strided;
    share_copy(plan_, target);
  }

  void write() {
    llvm::Value* inhabited = frame_.ir.getTrue();
    for (int axis = 0; axis < rank_; ++axis)
      inhabited = frame_.ir.CreateAnd(inhabited, frame_.ir.CreateICmpSLT(frame_.lower(axis), frame_.upper(axis)));
    frame_.when(inhabited, [&] {
      find_empty();
      Evaluation evaluation(frame_, nest_, nest_.epilogue, rank_ - 1,
                            [&](const Instruction& instruction, Lanes& lanes) { return result(instruction, lanes); });
      row_ = frame_.parameter(3);
      if (rank_ == 0) {
        evaluation.hoist();
        std::vector<Lanes> one = {{frame_.emitter(1), nullptr}};
        evaluate_vectors(evaluation, one);
      } else {
        evaluation.hoist();
        outer(0, evaluation);
      }
    });
    frame_.finish();
  }

 private:
  static DType memory_dtype(DType dtype) { return is_bool(dtype) ? DType::uint8 : dtype; }
  LayoutClass result_layout() const { return layout_.is_single() ? LayoutClass::contiguous : LayoutClass::strided; }

  void find_empty() {
    empty_ = frame_.ir.getFalse();
    for (int axis = rank_; axis < nest_.rank(); ++axis)
      empty_ = frame_.ir.CreateOr(empty_, frame_.ir.CreateICmpEQ(frame_.extent(axis), frame_.number(0)));
  }

  void outer(int axis, const Evaluation& outside) {
    if (axis == rank_ - 1) return inner(outside);
    llvm::Value* row = row_;
    llvm::Value* bytes = frame_.number(layout_.bytes());
    for (int inside = axis + 1; inside < rank_; ++inside)
      bytes = frame_.ir.CreateMul(bytes, frame_.ir.CreateSub(frame_.upper(inside), frame_.lower(inside)));
    frame_.loop(Frame::Trips::some, frame_.lower(axis), frame_.upper(axis), 1, [&](llvm::Value* index) {
      llvm::Value* before = frame_.ir.CreateSub(index, frame_.lower(axis));
      row_ = frame_.advance(row, frame_.ir.CreateMul(before, bytes));
      Evaluation evaluation = outside;
      evaluation.enter(axis, index);
      evaluation.hoist();
      outer(axis + 1, evaluation);
    });
  }

  void inner(Evaluation evaluation) {
    LlvmEmitter e = frame_.emitter(plan_.lanes);
    evaluation.prepare(e);
    lane_loop(frame_, plan_, frame_.lower(rank_ - 1), frame_.upper(rank_ - 1),
              [&](std::vector<Lanes>& vectors) { evaluate_vectors(evaluation, vectors); });
  }

  LlvmValue result(const Instruction& instruction, Lanes& lanes) {
    const int k = static_cast<int>(instruction.attribute);
    const Accumulator& accumulator = nest_.accumulators[instruction.attribute];
    const int component = result_component(accumulator.reduction);
    Place place{frame_.advance(row_, layout_.offset(k, component)), result_layout()};
    if (lanes.start) {
      llvm::Value* position = frame_.ir.CreateSub(lanes.index(), frame_.lower(rank_ - 1));
      place.pointer = frame_.advance(place.pointer, frame_.ir.CreateMul(position, frame_.number(layout_.bytes())));
    }
    place.stride = frame_.number(layout_.bytes());
    const LlvmValue value = load(lanes.emitter, instruction.dtype, place, lanes.mask);
    if (accumulator.reduction != Reduction::sum || !is_float(accumulator.dtype)) return value;
    const uint64_t empty = empty_result_bits(accumulator.reduction, accumulator.dtype);
    return {frame_.ir.CreateSelect(empty_, lanes.emitter.constant(instruction.dtype, empty).value, value.value),
            instruction.dtype};
  }

  /// The component that reduction_result chooses.
  static int result_component(Reduction reduction) { return component_count(reduction) - 1; }

  Frame frame_;
  const LoopNest& nest_;
  StateLayout layout_;
  int rank_;
  LanePlan plan_;
  llvm::Value* row_ = nullptr;    ///< state of the lane axis' first index
  llvm::Value* empty_ = nullptr;  ///< whether no element at all was reduced
};

}  // namespace

void emit_combine(llvm::Module& module, const LoopNest& nest, const Target& target) {
  Frame frame(module, target, "combine", {Parameter::pointer, Parameter::pointer, Parameter::integer});
  const StateLayout layout(nest);
  // Scalar: there are few states to merge, and every instruction costs compile time.
  const LanePlan plan;
  lane_loop(frame, plan, frame.number(0), frame.parameter(2), [&](std::vector<Lanes>& vectors) {
    for (Lanes& lanes : vectors) combine_one(frame, nest, layout, lanes);
  });
  frame.finish();
}

void emit_finish(llvm::Module& module, const LoopNest& nest, const Target& target) {
  FinishWriter(module, nest, target).write();
}

}  // namespace fuseval::codegen

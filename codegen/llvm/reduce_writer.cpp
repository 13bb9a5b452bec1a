#include "codegen/llvm/reduce_writer.hpp"

namespace fuseval::codegen {

using Parameter = Frame::Parameter;

ReduceWriter::ReduceWriter(llvm::Module& module, const LoopNest& nest, const Target& target)
    : frame_(module, target, "reduce",
             {Parameter::pointer, Parameter::pointer, Parameter::pointer, Parameter::integer, Parameter::integer,
              Parameter::pointer, Parameter::pointer}),
      ir(frame_.ir),
      nest_(nest),
      layout_(nest),
      scratch_(frame_, frame_.parameter(6)),
      parallel_(nest.parallel_rank()),
      plan_(plan_lanes(nest, nest.body, nest.vector_axis(), target)) {}

int64_t ReduceWriter::write() {
  record_ = frame_.variable(ir.getPtrTy(), "record");
  for (int axis = parallel_; reduce_rank() > 1 && axis < nest_.rank(); ++axis)
    index_.push_back(frame_.variable(ir.getInt64Ty(), "index"));
  allocate();
  frame_.when(inhabited(), [&] {
    ir.CreateStore(frame_.parameter(5), record_);
    Evaluation evaluation(frame_, nest_, nest_.body, nest_.vector_axis());
    // A reduction over nothing may have nothing to load.
    frame_.when(ir.CreateICmpSLT(first(), last()), [&] {
      evaluation.hoist();
      outputs(0, evaluation);
    });
    frame_.when(ir.CreateICmpSGE(first(), last()), [&] { empty_outputs(); });
  });
  frame_.finish();
  return scratch_.bytes();
}

llvm::Value* ReduceWriter::inhabited() {
  llvm::Value* all = ir.getTrue();
  for (int axis = 0; axis < parallel_; ++axis)
    all = ir.CreateAnd(all, ir.CreateICmpSLT(frame_.lower(axis), frame_.upper(axis)));
  return all;
}

void ReduceWriter::outputs(int axis, const Evaluation& outside) {
  if (axis == outer_axes()) return output(outside);
  frame_.loop(Frame::Trips::some, frame_.lower(axis), frame_.upper(axis), 1, [&](llvm::Value* index) {
    Evaluation evaluation = outside;
    evaluation.enter(axis, index);
    evaluation.hoist();
    outputs(axis + 1, evaluation);
  });
}

void ReduceWriter::empty_outputs() {
  llvm::Value* count = frame_.number(1);
  for (int axis = 0; axis < parallel_; ++axis)
    count = ir.CreateMul(count, ir.CreateSub(frame_.upper(axis), frame_.lower(axis)));
  frame_.loop(Frame::Trips::some, frame_.number(0), count, 1, [&](llvm::Value*) {
    LlvmEmitter e = frame_.emitter(1);
    for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
      const Accumulator& accumulator = nest_.accumulators[k];
      store_components(e, accumulator, identity(accumulator.reduction, accumulator.dtype, e),
                       in_record_at(k, record()));
    }
    advance_record(frame_.number(1));
  });
}

void ReduceWriter::advance_record(llvm::Value* count) {
  ir.CreateStore(frame_.advance(record(), ir.CreateMul(count, frame_.number(layout_.bytes()))), record_);
}

Pointers ReduceWriter::in_arrays(size_t accumulator, const Pointers& arrays, llvm::Value* slot) {
  const Accumulator& row = nest_.accumulators[accumulator];
  Pointers pointers{};
  for (int k = 0; k < component_count(row.reduction); ++k) {
    llvm::Type* element = ir.getIntNTy(static_cast<unsigned>(8 * component_bytes(row, k)));
    pointers[static_cast<size_t>(k)] = ir.CreateGEP(element, arrays[static_cast<size_t>(k)], slot);
  }
  return pointers;
}

LlvmValue ReduceWriter::numbers(LlvmEmitter& e, const Accumulator& accumulator, llvm::Value* element, int64_t step) {
  if (accumulator.reduction != Reduction::argmin && accumulator.reduction != Reduction::argmax) return {};
  const LlvmValue start = e.splat({element, DType::int64});
  if (e.lanes() == 1 || step == 0) return start;
  return {ir.CreateAdd(start.value, lane_multiples(e, frame_.number(step))), DType::int64};
}

void ReduceWriter::flatten(const Accumulator& accumulator, const LlvmState& state,
                           std::vector<llvm::Value*>& values) const {
  for (size_t k = 0; k < static_cast<size_t>(component_count(accumulator.reduction)); ++k)
    values.push_back(state[k].value);
}

LlvmState ReduceWriter::unflatten(const Accumulator& accumulator, const std::vector<llvm::Value*>& values,
                                  size_t& next) const {
  LlvmState state{};
  for (int k = 0; k < component_count(accumulator.reduction); ++k)
    state[static_cast<size_t>(k)] = {values[next++], component_of(accumulator, k)};
  return state;
}

void ReduceWriter::set_index() {
  llvm::Value* number = first();
  for (int axis = nest_.rank() - 1; axis > parallel_; --axis) {
    llvm::Value* extent = frame_.extent(axis);
    ir.CreateStore(ir.CreateURem(number, extent), index_of(axis));
    number = ir.CreateUDiv(number, extent);
  }
  ir.CreateStore(number, index_of(parallel_));
}

void ReduceWriter::carry_index(int axis) {
  if (axis == parallel_) return;
  frame_.when(ir.CreateICmpEQ(read(index_of(axis)), frame_.extent(axis)), [&] {
    ir.CreateStore(frame_.number(0), index_of(axis));
    ir.CreateStore(ir.CreateAdd(read(index_of(axis - 1)), frame_.number(1)), index_of(axis - 1));
    carry_index(axis - 1);
  });
}

}  // namespace fuseval::codegen

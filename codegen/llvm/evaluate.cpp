#include "codegen/llvm/evaluate.hpp"

#include "codegen/llvm/shared_function.hpp"
#include "codegen/lower_scalar.hpp"

namespace fuseval::codegen {
namespace {

uint64_t moving_axes(const Operand& operand) {
  uint64_t mask = 0;
  for (size_t axis = 0; axis < operand.strides.size(); ++axis)
    if (operand.strides[axis] != 0) mask |= uint64_t{1} << axis;
  return mask;
}

bool is_sink(const Instruction& instruction) {
  return instruction.kind == InstructionKind::store || instruction.kind == InstructionKind::accumulate;
}

bool is_source(const Instruction& instruction) {
  return instruction.kind == InstructionKind::load || instruction.kind == InstructionKind::result;
}

}  // namespace

Evaluation::Evaluation(Frame& frame, const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis,
                       Results results)
    : frame_(&frame),
      nest_(&nest),
      instructions_(&instructions),
      lane_axis_(lane_axis),
      results_(std::move(results)),
      shared_(shared_operations(instructions)),
      places_(nest.operands.size()),
      scalars_(instructions.size()),
      splats_(instructions.size()),
      hoisted_(nest.operands.size()) {
  for (const Instruction& instruction : instructions) {
    axes_.push_back(axes_of(instruction));
    if (instruction.kind != InstructionKind::load && instruction.kind != InstructionKind::store) continue;
    const int operand = static_cast<int>(instruction.attribute);
    const bool index = nest.operands[instruction.attribute].kind == OperandKind::index;
    places_[instruction.attribute] = index ? frame.offset(operand) : frame.pointer(operand);
  }
}

uint64_t Evaluation::axes_of(const Instruction& instruction) const {
  uint64_t mask = 0;
  switch (instruction.kind) {
    case InstructionKind::load:
    case InstructionKind::store:
      mask = moving_axes(nest_->operands[instruction.attribute]);
      break;
    case InstructionKind::result:
      mask = (uint64_t{1} << nest_->parallel_rank()) - 1;
      break;
    case InstructionKind::constant:
    case InstructionKind::scalar:
    case InstructionKind::cast:
    case InstructionKind::accumulate:
      break;
  }
  for (const uint32_t argument : instruction.arguments)
    if (argument != no_value) mask |= axes_[argument];
  return mask;
}

void Evaluation::enter(int axis, llvm::Value* index) {
  entered_ |= uint64_t{1} << axis;
  auto& ir = frame_->ir;
  for (size_t k = 0; k < places_.size(); ++k) {
    if (!places_[k] || nest_->operands[k].strides[static_cast<size_t>(axis)] == 0) continue;
    llvm::Value* step = ir.CreateMul(index, frame_->stride(static_cast<int>(k), axis, nest_->rank()));
    const bool is_index = nest_->operands[k].kind == OperandKind::index;
    places_[k] = is_index ? ir.CreateAdd(places_[k], step) : frame_->advance(places_[k], step);
  }
}

bool Evaluation::is_ready(size_t k) const { return (axes_[k] & ~(entered_ | lane_bit())) == 0; }

void Evaluation::hoist() {
  Lanes scalar{frame_->emitter(1), nullptr};
  for (size_t k = 0; k < instructions_->size(); ++k) {
    const Instruction& instruction = (*instructions_)[k];
    if (scalars_[k].value || is_sink(instruction) || (axes_[k] & ~entered_) != 0) continue;
    scalars_[k] = is_source(instruction) ? emit_load(instruction, scalar) : emit_scalar(k, scalar);
  }
}

void Evaluation::prepare(LlvmEmitter& e) {
  prepared_lanes_ = e.lanes();
  if (e.lanes() == 1) return;
  for (size_t k = 0; k < instructions_->size(); ++k) {
    if (!is_sink((*instructions_)[k]) && scalars_[k].value) continue;
    for (const uint32_t argument : (*instructions_)[k].arguments)
      if (argument != no_value && scalars_[argument].value && !splats_[argument].value)
        splats_[argument] = e.splat(scalars_[argument]);
  }
  if (lane_axis_ < 0) return;
  for (size_t k = 0; k < places_.size(); ++k) {
    const Operand& row = nest_->operands[k];
    if (!places_[k] || layout_class(*nest_, row) == LayoutClass::invariant) continue;
    if (row.kind == OperandKind::index)
      hoisted_[k] = index_offsets(static_cast<int>(k), e);
    else if (layout_class(*nest_, row) == LayoutClass::strided)
      hoisted_[k] = frame_->ir.CreateMul(lane_stride(static_cast<int>(k)), frame_->number(3));
  }
}

llvm::Value* Evaluation::lane_stride(int operand) const { return frame_->stride(operand, lane_axis_, nest_->rank()); }

llvm::Value* Evaluation::index_offsets(int operand, LlvmEmitter& e) const {
  const bool contiguous =
      layout_class(*nest_, nest_->operands[static_cast<size_t>(operand)]) == LayoutClass::contiguous;
  return lane_multiples(e, contiguous ? frame_->number(1) : lane_stride(operand));
}

Place Evaluation::place(int operand, Lanes& lanes) const {
  const Operand& row = nest_->operands[static_cast<size_t>(operand)];
  Place place{places_[static_cast<size_t>(operand)], layout_class(*nest_, row), nullptr};
  if (!lanes.start || place.layout == LayoutClass::invariant) return place;
  auto& ir = frame_->ir;
  if (place.layout == LayoutClass::contiguous) {
    llvm::Type* element = ir.getIntNTy(static_cast<unsigned>(8 * size_of(row.dtype)));
    // Vectors of one iteration differ by a constant, which the addressing mode takes.
    place.pointer = ir.CreateGEP(element, place.pointer, lanes.start);
    place.pointer = frame_->advance(place.pointer, lanes.shift * size_of(row.dtype));
    return place;
  }
  place.stride = lane_stride(operand);
  place.pointer = frame_->advance(place.pointer, ir.CreateMul(lanes.index(), place.stride));
  place.triple = is_prepared(lanes) ? hoisted_[static_cast<size_t>(operand)] : nullptr;
  return place;
}

LlvmValue Evaluation::emit_load(const Instruction& instruction, Lanes& lanes) const {
  if (instruction.kind == InstructionKind::result) return results_(instruction, lanes);
  const int operand = static_cast<int>(instruction.attribute);
  const Operand& row = nest_->operands[instruction.attribute];
  if (row.kind != OperandKind::index) return codegen::load(lanes.emitter, row.dtype, place(operand, lanes), lanes.mask);
  auto& ir = frame_->ir;
  llvm::Value* first = places_[instruction.attribute];
  if (!lanes.start) return {first, DType::int64};
  const bool contiguous = layout_class(*nest_, row) == LayoutClass::contiguous;
  llvm::Value* step = contiguous ? lanes.index() : ir.CreateMul(lanes.index(), lane_stride(operand));
  const LlvmValue start = lanes.emitter.splat({ir.CreateAdd(first, step), DType::int64});
  if (lanes.emitter.lanes() == 1) return start;
  llvm::Value* offsets = is_prepared(lanes) ? hoisted_[instruction.attribute] : index_offsets(operand, lanes.emitter);
  return {ir.CreateAdd(start.value, offsets), DType::int64};
}

LlvmValue Evaluation::emit_scalar(size_t k, Lanes& lanes) const {
  const Instruction& instruction = (*instructions_)[k];
  LlvmEmitter& e = lanes.emitter;
  if (instruction.kind == InstructionKind::constant)
    return e.splat({frame_->constant(static_cast<int>(instruction.attribute), instruction.dtype), instruction.dtype});
  LlvmValue arguments[3];
  size_t count = 0;
  for (; count < 3 && instruction.arguments[count] != no_value; ++count)
    arguments[count] = value(instruction.arguments[count], lanes);
  if (instruction.kind == InstructionKind::cast) return lower_cast(arguments[0], instruction.dtype, e);
  const std::span<const LlvmValue> given(arguments, count);
  return shared_[k] ? call_shared(instruction.op, instruction.dtype, given, e) : lower(instruction.op, given, e);
}

LlvmValue Evaluation::value(uint32_t k, Lanes& lanes) const {
  if (k < lanes.values.size() && lanes.values[k].value) return lanes.values[k];
  if (lanes.emitter.lanes() == 1) return scalars_[k];
  return is_prepared(lanes) && splats_[k].value ? splats_[k] : lanes.emitter.splat(scalars_[k]);
}

void Evaluation::load(Lanes& lanes) const {
  lanes.values.resize(instructions_->size());
  for (size_t k = 0; k < instructions_->size(); ++k)
    if (is_source((*instructions_)[k]) && !scalars_[k].value && !lanes.values[k].value && is_ready(k))
      lanes.values[k] = emit_load((*instructions_)[k], lanes);
}

void Evaluation::compute(Lanes& lanes) const {
  for (size_t k = 0; k < instructions_->size(); ++k) {
    const Instruction& instruction = (*instructions_)[k];
    if (is_sink(instruction) || is_source(instruction) || scalars_[k].value || lanes.values[k].value) continue;
    if (is_ready(k)) lanes.values[k] = emit_scalar(k, lanes);
  }
}

void Evaluation::store(Lanes& lanes, uint64_t streaming) const {
  for (const Instruction& instruction : *instructions_) {
    if (instruction.kind != InstructionKind::store) continue;
    const LlvmValue stored = value(instruction.arguments[0], lanes);
    const Place to = place(static_cast<int>(instruction.attribute), lanes);
    if (instruction.attribute < 64 && (streaming >> instruction.attribute & 1))
      store_streaming(lanes.emitter, stored, to.pointer);
    else
      codegen::store(lanes.emitter, stored, to, lanes.mask);
  }
}

}  // namespace fuseval::codegen

#include "ir/loops.hpp"

#include "ir/checked.hpp"

namespace fuseval {
namespace {

int64_t count_of(const LoopNest& nest, AxisKind kind) {
  int64_t count = 1;
  for (const Axis& axis : nest.axes)
    if (axis.kind == kind) count *= axis.extent;
  return count;
}

// Fixed-width little-endian fields with counts in front of lists: no two structures share their bytes.
class Bytes {
 public:
  void number(uint32_t value) {
    for (int k = 0; k < 4; ++k) text_.push_back(static_cast<char>(value >> 8 * k));
  }
  void byte(int value) { text_.push_back(static_cast<char>(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void serialise(Bytes& bytes, const std::vector<Instruction>& instructions) {
  bytes.number(static_cast<uint32_t>(instructions.size()));
  for (const Instruction& instruction : instructions) {
    bytes.byte(static_cast<int>(instruction.kind));
    bytes.byte(static_cast<int>(instruction.op));
    bytes.byte(static_cast<int>(instruction.dtype));
    for (const uint32_t argument : instruction.arguments) bytes.number(argument);
    bytes.number(instruction.attribute);
  }
}

// Which axes an operand moves along: kernels hoist what does not move.
uint64_t moving_axes(const Operand& operand) {
  uint64_t mask = 0;
  for (size_t k = 0; k < operand.strides.size(); ++k)
    if (operand.strides[k] != 0) mask |= uint64_t{1} << k;
  return mask;
}

}  // namespace

int LoopNest::parallel_rank() const {
  int count = 0;
  while (count < rank() && axes[static_cast<size_t>(count)].kind == AxisKind::parallel) ++count;
  return count;
}

int64_t LoopNest::parallel_count() const { return count_of(*this, AxisKind::parallel); }
int64_t LoopNest::reduce_count() const { return count_of(*this, AxisKind::reduce); }

int64_t bytes_of(const LoopNest& nest, const Operand& operand) {
  if (operand.kind == OperandKind::index) return 0;
  int64_t bytes = size_of(operand.dtype);
  for (size_t k = 0; k < nest.axes.size(); ++k)
    if (operand.strides[k] != 0 || nest.axes[k].extent == 0) bytes *= nest.axes[k].extent;
  return bytes;
}

int64_t bytes_moved(const LoopNest& nest) {
  int64_t bytes = 0;
  for (const Operand& operand : nest.operands) bytes = capped_add(bytes, bytes_of(nest, operand));
  return bytes;
}

int LoopNest::vector_axis() const {
  if (is_reduction() && order == ReductionOrder::lanes) return parallel_rank() < rank() ? rank() - 1 : -1;
  return parallel_rank() - 1;
}

LoopNest part_of(const LoopNest& nest, int axis, int64_t begin, int64_t end) {
  LoopNest part = nest;
  const auto at = static_cast<size_t>(axis);
  part.axes[at].extent = end - begin;
  for (Operand& operand : part.operands) operand.offset += begin * operand.strides[at];
  return part;
}

LayoutClass layout_class(const LoopNest& nest, const Operand& operand) {
  // The epilogue runs over the parallel axes alone, the last of them in lanes.
  const int axis = operand.in_epilogue ? nest.parallel_rank() - 1 : nest.vector_axis();
  if (axis < 0) return LayoutClass::invariant;
  const int64_t stride = operand.strides[static_cast<size_t>(axis)];
  if (stride == 0) return LayoutClass::invariant;
  const int64_t unit = operand.kind == OperandKind::index ? 1 : size_of(operand.dtype);
  return stride == unit ? LayoutClass::contiguous : LayoutClass::strided;
}

std::string serialise_structure(const LoopNest& nest) {
  Bytes bytes;
  bytes.byte(static_cast<int>(nest.order));
  bytes.number(static_cast<uint32_t>(nest.axes.size()));
  for (const Axis& axis : nest.axes) bytes.byte(static_cast<int>(axis.kind));
  bytes.number(static_cast<uint32_t>(nest.operands.size()));
  for (const Operand& operand : nest.operands) {
    bytes.byte(static_cast<int>(operand.kind));
    bytes.byte(static_cast<int>(operand.dtype));
    bytes.byte(static_cast<int>(layout_class(nest, operand)) | (operand.in_epilogue ? 4 : 0));
    const uint64_t moving = moving_axes(operand);
    bytes.number(static_cast<uint32_t>(moving));
    bytes.number(static_cast<uint32_t>(moving >> 32));
  }
  bytes.number(static_cast<uint32_t>(nest.constants.size()));
  for (const Constant& constant : nest.constants) bytes.byte(static_cast<int>(constant.dtype));
  bytes.number(static_cast<uint32_t>(nest.accumulators.size()));
  for (const Accumulator& accumulator : nest.accumulators) {
    bytes.byte(static_cast<int>(accumulator.reduction));
    bytes.byte(static_cast<int>(accumulator.dtype));
  }
  serialise(bytes, nest.body);
  serialise(bytes, nest.epilogue);
  return bytes.take();
}

}  // namespace fuseval

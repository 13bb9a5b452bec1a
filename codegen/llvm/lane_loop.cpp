#include "codegen/llvm/lane_loop.hpp"

#include <algorithm>

#include "codegen/scalar/reduction.hpp"

namespace fuseval::codegen {
namespace {

int widest(const LoopNest& nest, const std::vector<Instruction>& instructions) {
  int size = 1;
  for (const Instruction& instruction : instructions) {
    size = std::max(size, size_of(instruction.dtype));
    if (instruction.kind != InstructionKind::accumulate && instruction.kind != InstructionKind::result) continue;
    const Accumulator& accumulator = nest.accumulators[instruction.attribute];
    for (int k = 0; k < component_count(accumulator.reduction); ++k)
      size = std::max(size, size_of(component_dtype(accumulator.reduction, accumulator.dtype, k)));
  }
  return size;
}

// By instruction: whether it runs in the lane loop.
std::vector<bool> moving(const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis) {
  std::vector<bool> moves;
  for (const Instruction& instruction : instructions) {
    bool any = instruction.kind == InstructionKind::result;
    if (instruction.kind == InstructionKind::load && lane_axis >= 0)
      any = nest.operands[instruction.attribute].strides[static_cast<size_t>(lane_axis)] != 0;
    for (const uint32_t argument : instruction.arguments) any = any || (argument != no_value && moves[argument]);
    moves.push_back(any);
  }
  return moves;
}

bool can_mask_all(const LoopNest& nest, const std::vector<Instruction>& instructions, const Target& target) {
  return std::all_of(instructions.begin(), instructions.end(), [&](const Instruction& instruction) {
    if (instruction.kind != InstructionKind::load && instruction.kind != InstructionKind::store) return true;
    const Operand& operand = nest.operands[instruction.attribute];
    const LayoutClass layout = layout_class(nest, operand);
    const bool hoisted = operand.kind == OperandKind::load && layout == LayoutClass::invariant;
    return operand.kind == OperandKind::index || hoisted || can_mask(target, layout, operand.dtype);
  });
}

bool has_strided(const LoopNest& nest, const std::vector<Instruction>& instructions) {
  return std::any_of(instructions.begin(), instructions.end(), [&](const Instruction& instruction) {
    if (instruction.kind != InstructionKind::load && instruction.kind != InstructionKind::store) return false;
    const Operand& operand = nest.operands[instruction.attribute];
    return operand.kind != OperandKind::index && layout_class(nest, operand) == LayoutClass::strided;
  });
}

// Vectors need every store to write as many places as there are lanes.
bool has_invariant_store(const LoopNest& nest, const std::vector<Instruction>& instructions) {
  return std::any_of(instructions.begin(), instructions.end(), [&](const Instruction& instruction) {
    return instruction.kind == InstructionKind::store &&
           layout_class(nest, nest.operands[instruction.attribute]) == LayoutClass::invariant;
  });
}

}  // namespace

int lane_cost(const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis) {
  const std::vector<bool> moves = moving(nest, instructions, lane_axis);
  int cost = 0;
  for (size_t k = 0; k < instructions.size(); ++k)
    if (moves[k]) cost += instructions[k].kind == InstructionKind::scalar ? info(instructions[k].op).cost : 1;
  return cost;
}

LanePlan plan_lanes(const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis,
                    const Target& target) {
  LanePlan plan;
  if (lane_axis < 0 || has_invariant_store(nest, instructions)) return plan;
  plan.lanes = target.vector_bits / (8 * widest(nest, instructions));
  plan.masked_tail = can_mask_all(nest, instructions, target);
  const int cost = lane_cost(nest, instructions, lane_axis);
  // Two vectors hide latencies of cheap bodies; more work has enough of its own, and every copy costs compile time.
  plan.unroll = cost <= 8 ? 2 : 1;
  plan.strided = has_strided(nest, instructions);
  // A masked store takes four cycles on Zen 4 (1 000 floats of a**2 + b**2 + 2*a*b: 67 ns against 47), which more
  // work hides.
  if (cost >= 12) share_copy(plan, target);
  return plan;
}

// With AVX-512 masked access is nearly free. AVX2's masked stores take dozens of cycles on some processors.
void share_copy(LanePlan& plan, const Target& target) {
  plan.unroll = 1;
  plan.one_copy = plan.masked_tail && target.avx512 && !plan.strided;
}

}  // namespace fuseval::codegen

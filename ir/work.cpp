#include "ir/work.hpp"

#include <algorithm>

#include "ir/checked.hpp"

namespace fuseval {
namespace {

bool is_made_of_others(const Instruction& instruction) {
  return instruction.kind == InstructionKind::scalar || instruction.kind == InstructionKind::cast;
}

// A store of what has been loaded moves an element; one of what has been evaluated or reduced is no work of its own.
bool is_work(const std::vector<Instruction>& instructions, const Instruction& instruction) {
  if (instruction.kind != InstructionKind::store)
    return is_made_of_others(instruction) || instruction.kind == InstructionKind::accumulate;
  const Instruction& stored = instructions[instruction.arguments[0]];
  return !is_made_of_others(stored) && stored.kind != InstructionKind::result;
}

int64_t work_per_element(const std::vector<Instruction>& instructions) {
  return std::count_if(instructions.begin(), instructions.end(),
                       [&](const Instruction& instruction) { return is_work(instructions, instruction); });
}

int64_t elements_evaluated(const LoopNest& nest) {
  int64_t outputs = 1, reduced = 1;
  for (const Axis& axis : nest.axes) {
    int64_t& count = axis.kind == AxisKind::reduce ? reduced : outputs;
    count = capped_multiply(count, axis.extent);
  }
  reduced = std::max<int64_t>(reduced, 1);  // outputs of an empty reduction are stored all the same
  const int64_t body = capped_multiply(capped_multiply(outputs, reduced), work_per_element(nest.body));
  return capped_add(body, capped_multiply(outputs, work_per_element(nest.epilogue)));
}

}  // namespace

int64_t elements_evaluated(const Plan& plan) {
  int64_t sum = 0;
  for (const LoopNest& nest : plan.kernels) sum = capped_add(sum, elements_evaluated(nest));
  return sum;
}

}  // namespace fuseval

#include "ir/work.hpp"

#include <algorithm>
#include <limits>

namespace fuseval {
namespace {

constexpr int64_t most = std::numeric_limits<int64_t>::max();

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
    count = saturating_multiply(count, axis.extent);
  }
  const int64_t body = saturating_multiply(saturating_multiply(outputs, reduced), work_per_element(nest.body));
  return saturating_add(body, saturating_multiply(outputs, work_per_element(nest.epilogue)));
}

}  // namespace

int64_t saturating_add(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? most : sum;
}

int64_t saturating_multiply(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? most : product;
}

int64_t elements_evaluated(const Plan& plan) {
  int64_t sum = 0;
  for (const LoopNest& nest : plan.kernels) sum = saturating_add(sum, elements_evaluated(nest));
  return sum;
}

}  // namespace fuseval

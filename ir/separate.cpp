#include "ir/separate.hpp"

#include <algorithm>
#include <vector>

namespace fuseval {
namespace {

// Instructions whose values nobody wants are gone, and operands and constants that only they used.
class Pruner {
 public:
  explicit Pruner(LoopNest& nest) : nest_(nest) {}

  template <class Keep>
  void keep_roots(std::vector<Instruction>& list, Keep&& keep) {
    std::vector<bool> wanted(list.size(), false);
    for (size_t k = list.size(); k-- > 0;) {
      const Instruction& instruction = list[k];
      const bool root = instruction.kind == InstructionKind::store || instruction.kind == InstructionKind::accumulate;
      if (root ? !keep(instruction) : !wanted[k]) continue;
      wanted[k] = true;
      for (const uint32_t argument : instruction.arguments)
        if (argument != no_value) wanted[argument] = true;
    }
    renumber(list, wanted);
  }

  void drop_unused() {
    std::vector<bool> operands(nest_.operands.size(), false), constants(nest_.constants.size(), false);
    for (const auto* list : {&nest_.body, &nest_.epilogue})
      for (const Instruction& instruction : *list) {
        if (uses_operand(instruction)) operands[instruction.attribute] = true;
        if (instruction.kind == InstructionKind::constant) constants[instruction.attribute] = true;
      }
    const std::vector<uint32_t> operand_at = keep(nest_.operands, operands);
    const std::vector<uint32_t> constant_at = keep(nest_.constants, constants);
    for (auto* list : {&nest_.body, &nest_.epilogue})
      for (Instruction& instruction : *list) {
        if (uses_operand(instruction)) instruction.attribute = operand_at[instruction.attribute];
        if (instruction.kind == InstructionKind::constant) instruction.attribute = constant_at[instruction.attribute];
      }
  }

 private:
  static bool uses_operand(const Instruction& instruction) {
    return instruction.kind == InstructionKind::load || instruction.kind == InstructionKind::store;
  }

  template <class T>
  static std::vector<uint32_t> keep(std::vector<T>& values, const std::vector<bool>& wanted) {
    std::vector<uint32_t> at(values.size(), no_value);
    std::vector<T> kept;
    for (size_t k = 0; k < values.size(); ++k) {
      if (!wanted[k]) continue;
      at[k] = static_cast<uint32_t>(kept.size());
      kept.push_back(std::move(values[k]));
    }
    values = std::move(kept);
    return at;
  }

  static void renumber(std::vector<Instruction>& list, const std::vector<bool>& wanted) {
    const std::vector<uint32_t> at = keep(list, wanted);
    for (Instruction& instruction : list)
      for (uint32_t& argument : instruction.arguments)
        if (argument != no_value) argument = at[argument];
  }

  LoopNest& nest_;
};

bool is_store(const Instruction& instruction) { return instruction.kind == InstructionKind::store; }

}  // namespace

bool stores_elements(const LoopNest& reduction) {
  return std::any_of(reduction.body.begin(), reduction.body.end(), is_store);
}

std::pair<LoopNest, LoopNest> separate(const LoopNest& reduction) {
  LoopNest stores = reduction, reduced = reduction;
  for (Axis& axis : stores.axes) axis.kind = AxisKind::parallel;
  stores.accumulators.clear();
  stores.epilogue.clear();
  Pruner of_stores(stores), of_reduction(reduced);
  of_stores.keep_roots(stores.body, is_store);
  of_stores.drop_unused();
  of_reduction.keep_roots(reduced.body, [](const Instruction& i) { return !is_store(i); });
  of_reduction.drop_unused();
  return {std::move(stores), std::move(reduced)};
}

}  // namespace fuseval

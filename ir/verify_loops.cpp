// The verifier of loop nests: every rule that a backend relies on. Runs after lowering in debug builds and before a
// kernel is compiled in tests.
#include <fmt/format.h>

#include "ir/counted.hpp"
#include "ir/error.hpp"
#include "ir/loops.hpp"

namespace fuseval {
namespace {

[[noreturn]] void broken(const std::string& rule) { throw Error(ErrorCode::internal, "loop nest: " + rule); }

void require(bool holds, const char* rule) {
  if (!holds) broken(rule);
}

void verify_axes(const LoopNest& nest) {
  bool reducing = false;
  for (const Axis& axis : nest.axes) {
    require(axis.extent >= 0, "an extent is negative");
    if (axis.kind == AxisKind::reduce)
      reducing = true;
    else
      require(!reducing, "a parallel axis follows a reduce axis");
  }
  require(!reducing || nest.is_reduction(), "a reduce axis without an accumulator");
}

void verify_operands(const LoopNest& nest) {
  for (const Operand& operand : nest.operands) {
    require(operand.strides.size() == nest.axes.size(), "an operand's strides do not match the axes");
    require(operand.kind != OperandKind::index || operand.dtype == DType::int64, "an index operand is not int64");
    for (size_t k = 0; operand.in_epilogue && k < nest.axes.size(); ++k)
      require(nest.axes[k].kind == AxisKind::parallel || operand.strides[k] == 0,
              "an epilogue operand moves along a reduce axis");
  }
}

class InstructionVerifier {
 public:
  InstructionVerifier(const LoopNest& nest, const std::vector<Instruction>& list, bool epilogue)
      : nest_(nest), list_(list), epilogue_(epilogue) {}

  void run() const {
    for (size_t k = 0; k < list_.size(); ++k) {
      for (const uint32_t argument : list_[k].arguments)
        require(argument == no_value || argument < k, "an instruction uses a later value");
      check(list_[k]);
    }
  }

 private:
  int argument_count(const Instruction& i) const {
    int count = 0;
    while (count < 3 && i.arguments[count] != no_value) ++count;
    return count;
  }
  DType argument_dtype(const Instruction& i, int k) const { return list_[i.arguments[k]].dtype; }

  void check(const Instruction& i) const {
    switch (i.kind) {
      case InstructionKind::load:
        return check_memory(i, false);
      case InstructionKind::store:
        return check_memory(i, true);
      case InstructionKind::constant:
        require(i.attribute < nest_.constants.size() && nest_.constants[i.attribute].dtype == i.dtype,
                "a constant that is not there");
        return;
      case InstructionKind::scalar:
        return check_scalar(i);
      case InstructionKind::cast:
        require(argument_count(i) == 1, "a cast takes one value");
        return;
      case InstructionKind::accumulate:
        require(!epilogue_ && i.attribute < nest_.accumulators.size() && argument_count(i) == 1,
                "a misplaced accumulate");
        require(argument_dtype(i, 0) == nest_.accumulators[i.attribute].dtype, "an accumulator of another dtype");
        return;
      case InstructionKind::result:
        require(epilogue_ && i.attribute < nest_.accumulators.size(), "a misplaced result");
        require(
            i.dtype == result_dtype(nest_.accumulators[i.attribute].reduction, nest_.accumulators[i.attribute].dtype),
            "a result of another dtype");
        return;
    }
  }

  void check_memory(const Instruction& i, bool store) const {
    require(i.attribute < nest_.operands.size(), "an operand that is not there");
    const Operand& operand = nest_.operands[i.attribute];
    require((operand.kind == OperandKind::store) == store, "a load of a store operand, or the other way round");
    require(operand.in_epilogue == epilogue_, "an operand of the other part");
    require(operand.dtype == (store ? argument_dtype(i, 0) : i.dtype), "a load or store of another dtype");
  }

  void check_scalar(const Instruction& i) const {
    const OpInfo& row = info(i.op);
    if (argument_count(i) != row.arity) broken(fmt::format("{} takes {}", row.name, counted(row.arity, "value")));
    const DType loop = argument_dtype(i, i.op == Op::where ? 1 : 0);
    if (result_dtype(i.op, loop) != i.dtype) broken(fmt::format("{} gives another dtype", row.name));
    if (row.arity >= 2 && i.op != Op::where && i.op != Op::ldexp && argument_dtype(i, 1) != loop)
      broken(fmt::format("{} over {} and {}", row.name, name_of(loop), name_of(argument_dtype(i, 1))));
  }

  const LoopNest& nest_;
  const std::vector<Instruction>& list_;
  bool epilogue_;
};

}  // namespace

void verify(const LoopNest& nest) {
  verify_axes(nest);
  verify_operands(nest);
  InstructionVerifier(nest, nest.body, false).run();
  InstructionVerifier(nest, nest.epilogue, true).run();
}

}  // namespace fuseval

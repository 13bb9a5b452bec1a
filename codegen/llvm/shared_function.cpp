#include "codegen/llvm/shared_function.hpp"

#include <fmt/format.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <map>
#include <string>

#include "codegen/lower_scalar.hpp"

namespace fuseval::codegen {
namespace {

// Relative work (ir/ops.def) from which an operation is dozens of instructions.
constexpr int least_cost = 8;
// Of long operations in one kernel, before calls take their place.
constexpr std::ptrdiff_t most_copies = 64;

bool is_long(const Instruction& instruction) {
  return instruction.kind == InstructionKind::scalar && info(instruction.op).cost >= least_cost;
}

std::string name_of_function(Op op, std::span<const LlvmValue> arguments, int lanes) {
  std::string name = fmt::format("{}.{}", info(op).name, lanes);
  for (const LlvmValue& argument : arguments) name += fmt::format(".{}", fuseval::name_of(argument.dtype));
  return name;
}

void define(llvm::Function& function, Op op, std::span<const LlvmValue> given, LlvmEmitter& e) {
  auto& ir = e.builder();
  const llvm::IRBuilderBase::InsertPointGuard guard(ir);
  ir.SetInsertPoint(llvm::BasicBlock::Create(function.getContext(), "entry", &function));
  std::vector<LlvmValue> arguments;
  for (unsigned k = 0; k < function.arg_size(); ++k) arguments.push_back({function.getArg(k), given[k].dtype});
  ir.CreateRet(lower(op, std::span<const LlvmValue>(arguments), e).value);
}

}  // namespace

std::vector<bool> shared_operations(const std::vector<Instruction>& instructions) {
  std::map<std::pair<Op, DType>, int> uses;
  const auto kind = [&](const Instruction& instruction) {
    return std::pair(instruction.op, instructions[instruction.arguments[0]].dtype);
  };
  std::vector<bool> shared(instructions.size(), false);
  if (std::count_if(instructions.begin(), instructions.end(), is_long) <= most_copies) return shared;
  for (const Instruction& instruction : instructions)
    if (is_long(instruction)) ++uses[kind(instruction)];
  for (size_t k = 0; k < instructions.size(); ++k)
    shared[k] = is_long(instructions[k]) && uses[kind(instructions[k])] > 1;
  return shared;
}

llvm::Function& shared_function(const std::string& name, llvm::Type* result, std::span<llvm::Value* const> arguments,
                                llvm::IRBuilder<>& ir) {
  const llvm::Function& kernel = *ir.GetInsertBlock()->getParent();
  llvm::Module& module = *ir.GetInsertBlock()->getModule();
  if (llvm::Function* known = module.getFunction(name)) return *known;
  std::vector<llvm::Type*> types;
  for (const llvm::Value* argument : arguments) types.push_back(argument->getType());
  auto* function = llvm::Function::Create(llvm::FunctionType::get(result, types, false),
                                          llvm::GlobalValue::InternalLinkage, name, module);
  function->addFnAttrs(llvm::AttrBuilder(kernel.getContext(), kernel.getAttributes().getFnAttrs()));
  return *function;
}

LlvmValue call_shared(Op op, DType dtype, std::span<const LlvmValue> arguments, LlvmEmitter& e) {
  std::vector<llvm::Value*> values;
  for (const LlvmValue& argument : arguments) values.push_back(argument.value);
  llvm::Function& function =
      shared_function(name_of_function(op, arguments, e.lanes()), e.type(dtype), values, e.builder());
  if (function.empty()) define(function, op, arguments, e);
  return {e.builder().CreateCall(&function, values), dtype};
}

}  // namespace fuseval::codegen

#include "codegen/llvm/register_constant.hpp"

#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Instructions.h>

namespace fuseval::codegen {
namespace {

llvm::CallInst* made_before(llvm::BasicBlock& entry, const llvm::Constant* constant) {
  for (llvm::Instruction& i : entry)
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(&i);
        call && call->isInlineAsm() && call->getArgOperand(0) == constant)
      return call;
  return nullptr;
}

}  // namespace

llvm::Value* register_constant(llvm::IRBuilder<>& ir, llvm::Constant* constant) {
  llvm::BasicBlock& entry = ir.GetInsertBlock()->getParent()->getEntryBlock();
  if (llvm::CallInst* call = made_before(entry, constant)) return call;
  llvm::IRBuilder<> at_entry(&entry, entry.getFirstInsertionPt());
  auto* type = llvm::FunctionType::get(constant->getType(), {constant->getType()}, false);
  // No instruction, whose result is in the vector register of its operand.
  return at_entry.CreateCall(llvm::InlineAsm::get(type, "", "=v,0", false), {constant});
}

}  // namespace fuseval::codegen

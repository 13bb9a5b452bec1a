// What a kernel does many times alike: one function of the module's own instead of a copy at each place, so that code
// and compile time grow by a call a place.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codegen/llvm/emitter.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// By instruction: whether it is one of so many long ones that those that are alike share a function. Where there are
/// few, copies are a third faster: their constants stay in registers, and what several have in common is evaluated
/// once.
std::vector<bool> shared_operations(const std::vector<Instruction>& instructions);

/// The value of op, of this dtype, by a call of its function, which is emitted at its first use.
LlvmValue call_shared(Op op, DType dtype, std::span<const LlvmValue> arguments, LlvmEmitter& e);

/// The function of this name, with the attributes of the one that is being written: both must agree on how vectors are
/// passed. Without blocks if it is new.
llvm::Function& shared_function(const std::string& name, llvm::Type* result, std::span<llvm::Value* const> arguments,
                                llvm::IRBuilder<>& ir);

/// A call of the function of this name, whose code is body(its arguments): all places that share a name give it the
/// same, and it may use no other values of theirs. body: void(const std::vector<llvm::Value*>&).
template <class Body>
void call_shared(const std::string& name, std::span<llvm::Value* const> arguments, llvm::IRBuilder<>& ir, Body&& body) {
  llvm::Function& function = shared_function(name, ir.getVoidTy(), arguments, ir);
  if (function.empty()) {
    const llvm::IRBuilderBase::InsertPointGuard guard(ir);
    ir.SetInsertPoint(llvm::BasicBlock::Create(function.getContext(), "entry", &function));
    std::vector<llvm::Value*> own;
    for (llvm::Argument& argument : function.args()) own.push_back(&argument);
    body(std::as_const(own));
    ir.CreateRetVoid();
  }
  ir.CreateCall(&function, llvm::ArrayRef(arguments.data(), arguments.size()));
}

}  // namespace fuseval::codegen

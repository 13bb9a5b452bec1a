// Constants that a kernel keeps in registers.
#pragma once

#include <llvm/IR/IRBuilder.h>

namespace fuseval::codegen {

/// The same number, made once in the entry block of the builder's function in a way that LLVM cannot see through.
///
/// LLVM reads a constant from memory at each use, as `vfmadd213pd mem{1to8}`, because that is free on processors with
/// two 512-bit loads a cycle. Zen 4 has one, and the elementary functions have more constants than it has cycles to
/// spare: with registers exp takes 0.79 times as long, sin and cos 0.82, arctan2 0.93, log 1.0. What does not fit into
/// the 32 registers is read from the stack, which costs what it did.
llvm::Value* register_constant(llvm::IRBuilder<>& ir, llvm::Constant* constant);

}  // namespace fuseval::codegen

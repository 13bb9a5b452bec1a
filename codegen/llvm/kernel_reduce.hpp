// The functions of a reduction kernel (codegen/llvm/kernel.hpp says what each does).
#pragma once

#include "codegen/llvm/module.hpp"

namespace fuseval::codegen {

/// "reduce" in order (A) of docs/language.md; returns the bytes of scratch that it needs.
int64_t emit_reduce_lanes(llvm::Module& module, const LoopNest& nest, const Target& target);
/// "reduce" in order (B).
int64_t emit_reduce_serial(llvm::Module& module, const LoopNest& nest, const Target& target);
void emit_combine(llvm::Module& module, const LoopNest& nest, const Target& target);
void emit_finish(llvm::Module& module, const LoopNest& nest, const Target& target);

}  // namespace fuseval::codegen

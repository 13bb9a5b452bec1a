// What the kernel emitters share: they write functions of one module.
#pragma once

#include <llvm/IR/Module.h>

#include "codegen/llvm/target.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// Facts about a reduction kernel that its caller needs (codegen/llvm/kernel.hpp).
struct ReductionFacts {
  int64_t state_bytes = 0;
  int64_t scratch_bytes = 0;
  int64_t block = 0;
};

/// "elementwise"(args, lower, upper)
void emit_elementwise(llvm::Module& module, const LoopNest& nest, const Target& target, bool streaming);
/// "reduce", "combine" and "finish".
ReductionFacts emit_reduction(llvm::Module& module, const LoopNest& nest, const Target& target);

}  // namespace fuseval::codegen

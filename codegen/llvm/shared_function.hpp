// Operations that a kernel uses many times: one function of the module's own instead of a copy at each use, so that
// code and compile time grow by a call a use.
#pragma once

#include <span>
#include <vector>

#include "codegen/llvm/emitter.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// By instruction: whether it is one of so many alike, and each so long, that they share a function. A call costs a few
/// nanoseconds a vector for registers that are saved around it.
std::vector<bool> shared_operations(const std::vector<Instruction>& instructions);

/// The value of op, of this dtype, by a call of its function, which is emitted at its first use.
LlvmValue call_shared(Op op, DType dtype, std::span<const LlvmValue> arguments, LlvmEmitter& e);

}  // namespace fuseval::codegen

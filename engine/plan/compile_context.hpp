// The context of planning and compiling: caches, target, limits.
#pragma once

#include "engine/base/compile_control.hpp"
#include "engine/base/kernel_cache.hpp"
#include "frontend/ast.hpp"
#include "ir/chain.hpp"

namespace fuseval::engine {

struct Runtime;

/// Options of one call for planning and compiling.
struct PlanOptions {
  const RunControl* control = nullptr;  ///< what may stop it
  int64_t work_limit = 0;               ///< elements that the call may evaluate; 0: the session's
};

struct CompileContext {
  KernelCache& kernels;
  const codegen::TargetOptions& target;
  const ChainLimits& chains;
  const frontend::Limits& text_limits;
  size_t memory_limit;  ///< bytes of a call
  int64_t work_limit;   ///< elements that the plan may evaluate
  CompileControl control;
};

/// Its compile_limit begins now.
CompileContext compile_context_of(Runtime& runtime, const PlanOptions& options);

/// Throws Error(limit) for more elements than a call may evaluate. limit: 0 for none.
void require_work(int64_t elements, int64_t limit);

}  // namespace fuseval::engine

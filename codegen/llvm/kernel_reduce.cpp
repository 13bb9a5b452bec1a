#include "codegen/llvm/kernel_reduce.hpp"

#include "codegen/llvm/reduction_state.hpp"

namespace fuseval::codegen {

ReductionFacts emit_reduction(llvm::Module& module, const LoopNest& nest, const Target& target) {
  ReductionFacts facts;
  const bool lanes = nest.order == ReductionOrder::lanes;
  facts.state_bytes = StateLayout(nest).bytes();
  facts.block = lanes ? 64 * canonical_lanes(nest) : 16;
  facts.scratch_bytes = lanes ? emit_reduce_lanes(module, nest, target) : emit_reduce_serial(module, nest, target);
  emit_combine(module, nest, target);
  emit_finish(module, nest, target);
  return facts;
}

}  // namespace fuseval::codegen

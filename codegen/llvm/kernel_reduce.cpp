#include "codegen/llvm/kernel_reduce.hpp"

#include "codegen/llvm/reduction_state.hpp"
#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

// Blocks are as long as the accumulators' size says, so accumulators of one nest must agree on it.
void require_one_block(const LoopNest& nest) {
  for (const Accumulator& accumulator : nest.accumulators)
    if (is_order_sensitive(accumulator.reduction, accumulator.dtype) &&
        lanes_of(accumulator.dtype) != canonical_lanes(nest))
      throw Error(ErrorCode::internal, "loop nest: accumulators of different block sizes");
}

}  // namespace

ReductionFacts emit_reduction(llvm::Module& module, const LoopNest& nest, const Target& target) {
  ReductionFacts facts;
  const bool lanes = nest.order == ReductionOrder::lanes;
  if (lanes) require_one_block(nest);
  facts.state_bytes = StateLayout(nest).bytes();
  facts.block = lanes ? 64 * canonical_lanes(nest) : 16;
  facts.scratch_bytes = lanes ? emit_reduce_lanes(module, nest, target) : emit_reduce_serial(module, nest, target);
  emit_combine(module, nest, target);
  emit_finish(module, nest, target);
  return facts;
}

}  // namespace fuseval::codegen

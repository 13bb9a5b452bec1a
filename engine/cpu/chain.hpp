// Runs a chain (ir/chain.hpp): every kernel over one tile, on one thread, before the next tile.
#pragma once

#include <span>
#include <vector>

#include "engine/cpu/executor.hpp"
#include "ir/plan.hpp"

namespace fuseval::engine {

/// A tiled chain with everything about it that does not change from call to call.
struct PreparedChain {
  /// A temporary that lives inside the chain: each thread has memory for one tile of it.
  struct Temporary {
    uint32_t buffer;
    std::vector<int64_t> strides;  ///< [shared axis]: bytes
  };

  Chain chain;
  std::vector<Temporary> temporaries;
  size_t buffer_count = 0;   ///< of the plan
  size_t most_operands = 0;  ///< of one kernel
  int64_t most_scratch = 0;  ///< bytes that one kernel needs
  int64_t most_states = 0;   ///< bytes of accumulator states, of one row of a tile
  double nanoseconds = 0;    ///< a rough estimate for everything
  int64_t busy_kernels = 0;  ///< those that have something to do
};

/// The plan's chain at `position`, which is tiled. kernels: all of the plan's.
PreparedChain prepare(const Plan& plan, size_t position, std::span<const PreparedKernel> kernels);

/// What `execute` takes of scratch memory for it.
int64_t scratch_bytes(const PreparedChain& chain, const ExecutionContext& context);

/// kernels: all of the plan's; buffers[b]: address of element 0 of plan buffer b (unused for the chain's temporaries).
void execute(const PreparedChain& chain, std::span<const PreparedKernel> kernels, char* const* buffers,
             const ExecutionContext& context);

}  // namespace fuseval::engine

// One call of a program over the ranks of a world.
#pragma once

#include <memory>

#include "engine/plan/program.hpp"
#include "engine/plan/results.hpp"
#include "engine/world/layout.hpp"

namespace fuseval::engine {

struct RunOptions;

/// What makes a call distributed: all ranks of the world make it, with views of their own parts.
struct DistributedCall {
  std::shared_ptr<World> world;
  /// [input], [output]: nullptr as a whole or for one: replicated. Their world is this one, their rank the view's.
  const Distribution* const* inputs = nullptr;
  const Distribution* const* outputs = nullptr;
};

/// As engine::run, with the views of each array's local part. Results say how they are distributed
/// (Result::distribution; nullptr: replicated). Errors: those of a call, the same on all ranks where they do not depend
/// on one rank's memory or values alone; ErrorCode::communication.
void run_distributed(const Program& program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                     int32_t output_count, const RunOptions& options, const DistributedCall& call, Results* results);

/// The text for `explain --stage distributed`: layouts, messages, bytes.
std::string explain_distributed(const Program& program, const fv_view* inputs, int32_t input_count,
                                const DistributedCall& call);

}  // namespace fuseval::engine

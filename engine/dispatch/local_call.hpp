// One call of a program on this machine: it finds or compiles the plan, and chooses the CPU or a device.
#pragma once

#include "engine/plan/program.hpp"
#include "engine/plan/results.hpp"
#include "engine/plan/run_options.hpp"

namespace fuseval::engine {

/// As run(), of a call that is not distributed.
void run_locally(const Program& program, const fv_view* given, int32_t given_count, const fv_view* outputs,
                 int32_t output_count, const RunOptions& options, Results* results);

}  // namespace fuseval::engine

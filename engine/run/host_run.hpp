// One call of a program on the CPU.
#pragma once

#include "engine/plan/program.hpp"
#include "engine/plan/results.hpp"
#include "engine/plan/run_options.hpp"

namespace fuseval::engine {

/// Runs `made`, which serves the call. inputs: one view for each of program.inputs(), in the host's memory. outputs:
/// one view a result or none (data == NULL: owned). results may be nullptr when every output is given. Thread-safe.
/// Throws Error; outputs are untouched then (fuseval.h names the exceptions).
void run_on_host(const Program& program, const Specialisation& made, const fv_view* inputs, const fv_view* outputs,
                 int32_t output_count, const RunOptions& options, Results* results);

}  // namespace fuseval::engine

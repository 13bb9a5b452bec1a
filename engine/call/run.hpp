// One call of a program, here or over the ranks of a world.
#pragma once

#include "engine/plan/program.hpp"
#include "engine/plan/results.hpp"
#include "engine/plan/run_options.hpp"

namespace fuseval::engine {

/// Runs `program`. outputs: NULL or one view a result (data == NULL: owned). results may be nullptr when every output
/// is given. Throws Error; outputs are untouched then (fuseval.h names the exceptions).
void run(const Program& program, const fv_view* given, int32_t given_count, const fv_view* outputs,
         int32_t output_count, const RunOptions& options, Results* results);

}  // namespace fuseval::engine

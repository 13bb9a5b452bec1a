// One call of a program.
#pragma once

#include "engine/device/devices.hpp"
#include "engine/program.hpp"
#include "engine/results.hpp"
#include "engine/run_control.hpp"

namespace fuseval::engine {

struct RunOptions {
  int threads = 0;  ///< at most; 0: the session's
  ResultRule rule;
  DeviceKind device = DeviceKind::cpu;
  RunControl* control = nullptr;  ///< if somebody may stop the call, or watches it
};

/// Runs `program`. outputs: NULL or one view a result (data == NULL: owned). results may be nullptr when every output
/// is given. Throws Error; outputs are untouched then (fuseval.h names the exceptions).
void run(const Program& program, const fv_view* inputs, int32_t input_count, const fv_view* outputs,
         int32_t output_count, const RunOptions& options, Results* results);

}  // namespace fuseval::engine

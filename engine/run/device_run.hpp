// One call of a program on a device: what is on the host goes up, what is there already is used as it lies, results
// stay or come down.
#pragma once

#include "engine/device/device_space.hpp"
#include "engine/plan/program.hpp"
#include "engine/plan/results.hpp"
#include "engine/plan/run_options.hpp"

namespace fuseval::engine {

/// A call's arrays, as the caller gave them.
struct DeviceCall {
  const fv_view* inputs;
  const fv_view* outputs;
  int32_t output_count;
  bool results_on_device;  ///< where results go that no output was given for
};

/// Results on the host are there when this returns, and nothing of the host's is in use any more; a call without the
/// host's memory returns as soon as everything has been asked for. Of outputs only elements are written, when
/// everything has run. Thread-safe.
void run_on_device(DeviceSpace& space, const Program& program, const Specialisation& made, const DeviceCall& call,
                   const RunOptions& options, Results* results);

/// Compiles the kernels that arrays aligned to 16 bytes want.
void prepare_for_device(DeviceSpace& space, const Program& program, const Specialisation& made);
/// How many that would compile.
int kernels_to_prepare(DeviceSpace& space, const Specialisation& made);

}  // namespace fuseval::engine

// The options of one call.
#pragma once

#include "engine/base/place.hpp"
#include "engine/base/run_control.hpp"
#include "engine/plan/program.hpp"

namespace fuseval::engine {

struct DistributedCall;

struct RunOptions {
  int threads = 0;  ///< at most; 0: the session's
  ResultRule rule;
  DeviceChoice device;
  void* stream = nullptr;  ///< the caller's, to run on; nullptr: the session's
  /// Where results go that no output is given for.
  enum class ResultsOn { where_inputs_are, host, device } results_on = ResultsOn::where_inputs_are;
  RunControl* control = nullptr;                 ///< if something may stop the call, or somebody watches it
  int64_t work_limit = 0;                        ///< elements that it may evaluate; 0: the session's limit
  const DistributedCall* distributed = nullptr;  ///< if it is a call over the ranks of a world

  PlanOptions plan_options() const { return {control, work_limit}; }
};

/// How many threads a call may use.
int threads_of(const RunOptions& options, const Runtime& runtime);

/// Whether results that no output is given for stay on the device that a call runs on.
bool results_stay(const RunOptions& options, const Program& program, const fv_view* inputs);

/// Throws Error(argument) if results are to stay on a device, and the call runs on none.
void require_place_of_results(const RunOptions& options, Place place);

}  // namespace fuseval::engine

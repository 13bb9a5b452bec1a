#include "engine/plan/run_options.hpp"

#include <algorithm>

#include "engine/plan/runtime.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {

int threads_of(const RunOptions& options, const Runtime& runtime) {
  const int available = runtime.pool.threads();
  return options.threads > 0 ? std::min(options.threads, available) : available;
}

bool results_stay(const RunOptions& options, const Program& program, const fv_view* inputs) {
  if (options.results_on != RunOptions::ResultsOn::where_inputs_are)
    return options.results_on == RunOptions::ResultsOn::device;
  for (size_t k = 0; k < program.inputs().size(); ++k)
    if (program.is_used(k) && inputs[k].device_type != FV_DEVICE_CPU) return true;
  return false;
}

void require_place_of_results(const RunOptions& options, Place place) {
  if (options.results_on == RunOptions::ResultsOn::device && place.is_host())
    throw Error(ErrorCode::argument, "results are to stay on a device, but the call runs on the CPU; name a device");
}

}  // namespace fuseval::engine

#include "engine/call/run.hpp"

#include <algorithm>

#include "engine/dispatch/local_call.hpp"
#include "engine/ranks/distributed_run.hpp"

namespace fuseval::engine {

static bool has_outputs(const fv_view* outputs, int32_t output_count) {
  return std::any_of(outputs, outputs + output_count, [](const fv_view& output) { return output.data != nullptr; });
}

void run(const Program& program, const fv_view* given, int32_t given_count, const fv_view* outputs,
         int32_t output_count, const RunOptions& options, Results* results) {
  if (options.control != nullptr) options.control->set_into_outputs(has_outputs(outputs, output_count));
  if (options.distributed != nullptr)
    return run_distributed(program, given, given_count, outputs, output_count, options, *options.distributed, results);
  run_locally(program, given, given_count, outputs, output_count, options, results);
}

}  // namespace fuseval::engine

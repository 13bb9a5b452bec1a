// Measuring the CPU's rates: the samples are planned once each, so that a rate is that of a warm call.
#include "engine/dispatch/measure.hpp"

#include <doctest/doctest.h>

#include "engine/plan/runtime.hpp"

using namespace fuseval::engine;

TEST_CASE("each sample of the CPU's rates is planned once, however often it runs") {
  SessionOptions options;
  options.threads = 2;
  const auto runtime = std::make_shared<Runtime>(options, fuseval::codegen::TargetOptions{});
  const CpuRates rates = measure_cpu(runtime);
  CHECK(rates.cache_one > 0);
  // A copy of two sizes, and elementary functions of two dtypes.
  CHECK(runtime->counters.plans_made == 4);
}

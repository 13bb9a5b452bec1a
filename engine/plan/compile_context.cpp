#include "engine/plan/compile_context.hpp"

#include <fmt/format.h>

#include <limits>

#include "engine/plan/runtime.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

std::string count_of(int64_t elements) {
  return elements == std::numeric_limits<int64_t>::max() ? "2**63 or more" : fmt::to_string(elements);
}

}  // namespace

CompileContext compile_context_of(Runtime& runtime, const PlanOptions& options) {
  return {runtime.kernels,
          runtime.target,
          runtime.chains,
          runtime.text_limits,
          runtime.memory_limit,
          smaller_limit(runtime.call_limits.work, options.work_limit),
          {options.control, Deadline(runtime.call_limits.compile_milliseconds)}};
}

void require_work(int64_t elements, int64_t limit) {
  if (limit == 0 || elements <= limit) return;
  throw Error(ErrorCode::limit,
              fmt::format("the call would evaluate {} elements; its limit is {}", count_of(elements), limit));
}

}  // namespace fuseval::engine

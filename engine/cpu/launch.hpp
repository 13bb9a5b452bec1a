// How pieces of work are handed to threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/counters.hpp"
#include "engine/base/run_control.hpp"
#include "runtime/float_environment.hpp"
#include "runtime/thread_pool.hpp"

namespace fuseval::engine {

class CallMemory;

struct ExecutionContext {
  runtime::ThreadPool& pool;
  Counters& counters;
  CallMemory& memory;             ///< that scratch memory is counted in
  int max_threads;                ///< at least 1
  RunControl* control = nullptr;  ///< if somebody may stop the call, or watches it

  bool goes_on() const { return control == nullptr || control->goes_on(); }
};

/// Below this a wake of parked workers costs more than it brings (15 to 80 µs were measured).
inline constexpr double serial_nanoseconds = 20'000;

/// How many pieces work of this length is worth; 1: the caller does it alone.
inline int64_t wanted_pieces(const ExecutionContext& context, double nanoseconds) {
  // What one task should take: long against handing it out (about 0.1 µs), short against the whole.
  constexpr double task_nanoseconds = 50'000;
  if (nanoseconds < serial_nanoseconds) return 1;
  const auto wanted = static_cast<int64_t>(nanoseconds / task_nanoseconds);
  if (context.max_threads > 1) return std::max<int64_t>(context.max_threads, wanted);
  return context.control == nullptr ? 1 : std::max<int64_t>(1, wanted);  // pieces to stop between
}

/// How many numbers of threads tasks may be given by `parallel`.
inline int threads_of(const ExecutionContext& context) { return context.max_threads == 1 ? 1 : context.pool.threads(); }

/// task(k, thread) for k in [0, count), `thread` in [0, threads_of(context)). Tasks must not throw. Some are left
/// out once context.control says to stop.
template <class F>
void parallel(const ExecutionContext& context, int64_t count, F&& task) {
  context.counters.add(context.counters.tasks, count);
  if (count == 1 || context.max_threads == 1) {
    for (int64_t k = 0; k < count && context.goes_on(); ++k) task(k, 0);
    context.counters.note_threads(1);
    return;
  }
  const auto guarded = [&](int64_t k, int thread) {
    if (!context.goes_on()) return;
    const runtime::FloatEnvironment environment;
    task(k, thread);
  };
  context.counters.note_threads(context.pool.parallel_for(count, guarded, context.max_threads));
}

}  // namespace fuseval::engine

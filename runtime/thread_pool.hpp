// The thread pool: static workers that spin, then park. The caller always works too.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

#include "runtime/cpu_limits.hpp"
#include "runtime/host_hooks.hpp"

namespace fuseval::runtime {

class ThreadPool {
 public:
  /// `threads` counts the caller: a pool of 1 has no worker. 0: usable_cpus(). Workers start at the first parallel run.
  /// With a host's parallel_for there are no workers: at most `threads` of the host's do the work.
  explicit ThreadPool(int threads = 0, const HostParallelFor& host = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  /// Calls task(context, index, thread) for every index in [0, count), each once, from at most `max_threads` threads
  /// (0: all); `thread` is in [0, threads()), 0 is the caller. Returns when all are done, and the number of threads
  /// that took part. Indices are handed out dynamically in ascending order. A second caller at the same time runs
  /// alone, and so does a task that calls run itself. After fork() the child's pool starts fresh workers when it next
  /// needs them. Tasks must not throw. Throws Error(hook) when a host's parallel_for fails; some indices may have been
  /// left out then.
  int run(int64_t count, void (*task)(void* context, int64_t index, int thread), void* context, int max_threads = 0);

  template <class F>
  int parallel_for(int64_t count, F&& f, int max_threads = 0) {
    using Callable = std::remove_reference_t<F>;
    void* context = const_cast<void*>(static_cast<const void*>(std::addressof(f)));
    return run(
        count, [](void* c, int64_t i, int t) { (*static_cast<Callable*>(c))(i, t); }, context, max_threads);
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fuseval::runtime

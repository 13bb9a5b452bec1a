// Work on the threads of a host that brings its own parallel_for.
#pragma once

#include <cstdint>

#include "runtime/host_hooks.hpp"

namespace fuseval::runtime {

struct HostTasks {
  void (*task)(void* context, int64_t index, int thread);
  void* context;
  int64_t count;
};

/// Runs the tasks from at most `threads` of the host's threads, as ThreadPool::run does. Throws Error(hook).
int run_on_host(const HostParallelFor& host, const HostTasks& tasks, int threads);

}  // namespace fuseval::runtime

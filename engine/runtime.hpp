// What the programs of one session share: threads, machine code, counters.
#pragma once

#include "codegen/llvm/kernel.hpp"
#include "engine/counters.hpp"
#include "engine/kernel_cache.hpp"
#include "runtime/thread_pool.hpp"

namespace fuseval::engine {

struct Runtime {
  Runtime(int threads, codegen::TargetOptions target_options, size_t kernel_limit)
      : target(std::move(target_options)), pool(threads), kernels(kernel_limit, counters) {}

  codegen::TargetOptions target;
  Counters counters;
  runtime::ThreadPool pool;
  KernelCache kernels;
};

}  // namespace fuseval::engine

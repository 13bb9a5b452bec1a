// What the programs of one session share: threads, machine code, the host's hooks, limits, counters.
#pragma once

#include <algorithm>

#include "codegen/llvm/kernel.hpp"
#include "engine/base/attachments.hpp"
#include "engine/base/counters.hpp"
#include "engine/base/hooks.hpp"
#include "engine/base/kernel_cache.hpp"
#include "engine/device/devices.hpp"
#include "frontend/ast.hpp"
#include "ir/chain.hpp"
#include "runtime/cache_sizes.hpp"
#include "runtime/thread_pool.hpp"

namespace fuseval::engine {

/// Measured on one core with 1 MiB of second-level and 32 MiB of third-level cache, `a - mean(a, axis=1,
/// keepdims=True)` over 128 MB in tiles against no tiles: 1.03 times as fast with tiles of 64 KiB, 1.09 with 256, 1.16
/// with 512, 1.22 with 768, and no more above; rows that fit into the third level alone, of 8 MiB in and out, are
/// still 1.21.
inline ChainLimits chain_limits(int threads) {
  const runtime::CacheSizes& caches = runtime::cache_sizes();
  const int64_t second = caches.second_level / 4 * 3;
  const int64_t share = caches.last_level / (4 * std::min(threads, caches.last_level_cpus));
  return {.tile_bytes = second, .row_bytes = std::max(second, share), .threads = threads};
}

/// What one call may take; 0: as much as it likes.
struct CallLimits {
  int64_t work = 0;                  ///< elements that it evaluates
  int64_t milliseconds = 0;          ///< from its beginning to its end
  int64_t compile_milliseconds = 0;  ///< for each plan and its kernels
};

/// Of two limits the one that holds, where 0 is none.
inline int64_t smaller_limit(int64_t a, int64_t b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

struct SessionOptions {
  int threads = 0;
  int vector_bits = 0;
  size_t program_limit = 1024;
  size_t kernel_limit = 1024;
  frontend::Limits text;           ///< what a text may be
  size_t memory_limit = SIZE_MAX;  ///< bytes that one call may take
  CallLimits call;
  Hooks hooks;
};

struct Runtime {
  Runtime(const SessionOptions& options, codegen::TargetOptions target_options)
      : target(std::move(target_options)),
        hooks(options.hooks),
        text_limits(options.text),
        memory_limit(options.memory_limit),
        call_limits(options.call),
        pool(options.threads, options.hooks.parallel_for),
        kernels(options.kernel_limit, counters),
        chains(chain_limits(pool.threads())),
        kernel_limit(options.kernel_limit),
        devices(options.kernel_limit, counters) {}

  HooksOwner hooks_owner;  ///< before everything that may call a hook, so destroyed after it
  const codegen::TargetOptions target;
  const Hooks hooks;
  const frontend::Limits text_limits;
  const size_t memory_limit;
  const CallLimits call_limits;
  Counters counters;
  runtime::ThreadPool pool;
  KernelCache kernels;
  ChainLimits chains;
  const size_t kernel_limit;
  Devices devices;
  Attachments attachments;  ///< last, so destroyed before the devices that they refer to
};

}  // namespace fuseval::engine

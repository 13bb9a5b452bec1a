// The memory cache of machine code: loop-nest structure and target -> kernel. Bounded; kernels in use outlive eviction.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "codegen/llvm/kernel.hpp"
#include "engine/counters.hpp"
#include "engine/lru_cache.hpp"

namespace fuseval::engine {

class KernelCache {
 public:
  KernelCache(size_t limit, Counters& counters) : kernels_(limit), counters_(counters) {}

  /// Compiles at most once a key, also when several threads ask at the same time. Thread-safe.
  std::shared_ptr<const codegen::Kernel> get(const LoopNest& nest, const codegen::TargetOptions& target);

  size_t size() const;
  int64_t code_bytes() const;

 private:
  using Future = std::shared_future<std::shared_ptr<const codegen::Kernel>>;

  mutable std::mutex mutex_;
  LruCache<Future> kernels_;
  Counters& counters_;
};

}  // namespace fuseval::engine

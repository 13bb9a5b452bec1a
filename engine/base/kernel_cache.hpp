// The memory cache of machine code: loop-nest structure and target -> kernel. Bounded; kernels in use outlive eviction.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "codegen/llvm/kernel.hpp"
#include "engine/base/compile_control.hpp"
#include "engine/base/counters.hpp"
#include "runtime/background.hpp"
#include "runtime/lru_cache.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

class KernelCache {
 public:
  KernelCache(size_t limit, Counters& counters) : kernels_(limit), counters_(counters) {}

  /// Compiles at most once a key, also when several threads ask at the same time. Thread-safe. A forked child compiles
  /// anew what its parent was compiling then.
  /// control may stop it before it begins and while it waits: LLVM cannot be stopped, so that it works on in the
  /// background, and whoever asks again finds the kernel or waits for it.
  std::shared_ptr<const codegen::Kernel> get(const LoopNest& nest, const codegen::TargetOptions& target,
                                             const CompileControl& control);

  size_t size() const;
  int64_t code_bytes() const;

 private:
  using Promise = std::promise<std::shared_ptr<const codegen::Kernel>>;
  using Future = std::shared_future<std::shared_ptr<const codegen::Kernel>>;
  struct Entry {
    Future kernel;
    uint32_t generation;  ///< of the process whose thread compiles it
  };

  const Entry* find(const std::string& key);
  /// Never throws: what goes wrong goes to those who wait.
  void compile(const std::string& key, const LoopNest& nest, const codegen::TargetOptions& target, Promise& promise);

  mutable runtime::Mutex mutex_;
  runtime::LruCache<Entry> kernels_;
  Counters& counters_;
  runtime::Background background_;  ///< last: its jobs use the rest
};

}  // namespace fuseval::engine

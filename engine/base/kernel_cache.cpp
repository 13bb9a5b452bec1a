#include "engine/base/kernel_cache.hpp"

#include <chrono>

namespace fuseval::engine {
namespace {

// The full bytes are the key, so that a hash collision can never run the wrong code.
std::string cache_key(const LoopNest& nest, const codegen::TargetOptions& target) {
  std::string key = serialise_structure(nest);
  key += target.streaming_stores ? '\1' : '\0';
  key += static_cast<char>(target.vector_bits / 64);
  return key + target.cpu;
}

bool is_ready(const std::shared_future<std::shared_ptr<const codegen::Kernel>>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// A caller that may be stopped looks up this often.
constexpr std::chrono::milliseconds patience{1};

template <class Future>
auto get_unless_stopped(const Future& future, const CompileControl& control) {
  if (control.exists())
    while (future.wait_for(patience) != std::future_status::ready) control.check();
  return future.get();
}

}  // namespace

std::shared_ptr<const codegen::Kernel> KernelCache::get(const LoopNest& nest, const codegen::TargetOptions& target,
                                                        const CompileControl& control) {
  control.check();
  const std::string key = cache_key(nest, target);
  const auto promise = std::make_shared<Promise>();
  Future future = promise->get_future().share();
  bool is_known = false;
  {
    std::lock_guard lock(mutex_);
    const Entry* known = find(key);
    is_known = known != nullptr;
    if (is_known) future = known->kernel;
    if (!is_known) kernels_.insert(key, {future, runtime::fork_generation()});
  }
  if (!is_known && !control.exists()) compile(key, nest, target, *promise);
  if (!is_known && control.exists()) try {
      background_.run([=, this] { compile(key, nest, target, *promise); });
    } catch (...) {  // No memory for the job: waiting calls get the error, and a later call tries again.
      {
        const std::lock_guard lock(mutex_);
        kernels_.erase(key);
      }
      promise->set_exception(std::current_exception());
      throw;
    }
  return get_unless_stopped(future, control);
}

/// Under the lock. What a thread of the parent was compiling when this process was forked never comes.
const KernelCache::Entry* KernelCache::find(const std::string& key) {
  const Entry* known = kernels_.find(key);
  if (known == nullptr || known->generation == runtime::fork_generation() || is_ready(known->kernel)) return known;
  kernels_.erase(key);
  return nullptr;
}

// LLVM has locks of its own: one section, so that a child finds it at rest, and the kernel there or not begun.
void KernelCache::compile(const std::string& key, const LoopNest& nest, const codegen::TargetOptions& target,
                          Promise& promise) {
  const runtime::ForkSection section;
  try {
    const auto start = std::chrono::steady_clock::now();
    auto kernel = codegen::compile(nest, target);
    const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
    counters_.add(counters_.kernels_compiled, 1);
    counters_.add(counters_.compile_nanoseconds, spent.count());
    promise.set_value(std::move(kernel));
  } catch (...) {
    {
      std::lock_guard lock(mutex_);
      kernels_.erase(key);
    }
    promise.set_exception(std::current_exception());
  }
}

size_t KernelCache::size() const {
  std::lock_guard lock(mutex_);
  return kernels_.size();
}

int64_t KernelCache::code_bytes() const {
  std::lock_guard lock(mutex_);
  int64_t bytes = 0;
  kernels_.for_each([&](const Entry& entry) {
    if (is_ready(entry.kernel)) bytes += entry.kernel.get()->code_bytes;
  });
  return bytes;
}

}  // namespace fuseval::engine

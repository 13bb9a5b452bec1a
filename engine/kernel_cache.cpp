#include "engine/kernel_cache.hpp"

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

}  // namespace

std::shared_ptr<const codegen::Kernel> KernelCache::get(const LoopNest& nest, const codegen::TargetOptions& target) {
  const std::string key = cache_key(nest, target);
  std::promise<std::shared_ptr<const codegen::Kernel>> promise;
  {
    std::unique_lock lock(mutex_);
    if (const Future* known = kernels_.find(key)) {
      const Future future = *known;
      lock.unlock();
      return future.get();
    }
    kernels_.insert(key, promise.get_future().share());
  }
  try {
    const auto start = std::chrono::steady_clock::now();
    auto kernel = codegen::compile(nest, target);
    const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
    counters_.add(counters_.kernels_compiled, 1);
    counters_.add(counters_.compile_nanoseconds, spent.count());
    promise.set_value(kernel);
    return kernel;
  } catch (...) {
    promise.set_exception(std::current_exception());
    std::lock_guard lock(mutex_);
    kernels_.erase(key);
    throw;
  }
}

size_t KernelCache::size() const {
  std::lock_guard lock(mutex_);
  return kernels_.size();
}

int64_t KernelCache::code_bytes() const {
  std::lock_guard lock(mutex_);
  int64_t bytes = 0;
  kernels_.for_each([&](const Future& future) {
    if (is_ready(future)) bytes += future.get()->code_bytes;
  });
  return bytes;
}

}  // namespace fuseval::engine

// The memory cache of a device's kernels: loop-nest structure and variant -> text and what the device made of it.
#pragma once

#include <memory>
#include <mutex>

#include "codegen/cuda/kernel.hpp"
#include "engine/counters.hpp"
#include "engine/device/device.hpp"
#include "runtime/lru_cache.hpp"

namespace fuseval::engine {

struct DeviceKernel {
  codegen::CudaKernel code;
  std::shared_ptr<const DeviceModule> module;
};

class DeviceKernels {
 public:
  DeviceKernels(Device& device, size_t limit, Counters& counters)
      : device_(device), kernels_(limit), counters_(counters) {}

  struct Wanted {
    const LoopNest* nest;
    codegen::CudaVariant variant;
  };
  /// In their order; those that are not there are compiled together. Thread-safe; two threads that want one at the same
  /// time may both compile it.
  std::vector<std::shared_ptr<const DeviceKernel>> get(std::span<const Wanted> wanted);

 private:
  std::shared_ptr<const DeviceKernel> find(const std::string& key);
  /// What is there already, if another thread was faster.
  std::shared_ptr<const DeviceKernel> keep(const std::string& key, std::shared_ptr<const DeviceKernel> made);

  Device& device_;
  std::mutex mutex_;
  runtime::LruCache<std::shared_ptr<const DeviceKernel>> kernels_;
  Counters& counters_;
};

}  // namespace fuseval::engine

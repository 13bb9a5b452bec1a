// The memory cache of a device's kernels: structures of loop nests and variants -> text and what the device made of it.
#pragma once

#include <memory>

#include "codegen/cuda/kernel.hpp"
#include "engine/base/counters.hpp"
#include "engine/device/device.hpp"
#include "runtime/lru_cache.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

/// The texts of a nest or of a chain. Each entry has a module of its own, and only those that some launch has needed
/// are there.
struct DeviceKernel {
  std::shared_ptr<const codegen::CudaKernel> code;
  std::vector<std::shared_ptr<const DeviceModule>> modules;  ///< [entry]
};

class DeviceKernels {
 public:
  DeviceKernels(Device& device, size_t limit, Counters& counters)
      : device_(device),
        kernels_(limit),
        counters_(counters),
        relief_(device.on_memory_pressure([this] { clear(); })) {}

  struct Request {
    codegen::CudaChain chain;  ///< one nest, or those that one kernel runs
    std::vector<codegen::CudaVariant> variants;
    const int64_t* extents;  ///< [axis] of the first nest
    bool by_parts = false;   ///< a reduction that is launched part by part: all entries are needed
  };
  /// In their order, with the entries that their extents need; what is not there is compiled together. Thread-safe; two
  /// threads that want one at the same time may both compile it.
  std::vector<std::shared_ptr<const DeviceKernel>> get(std::span<const Request> wanted);
  /// How many texts get() would compile for it, at least. Thread-safe.
  int missing(const Request& wanted);
  /// Forgets all; programs keep what they use, and the device has that for others who want it. Thread-safe.
  void clear();

 private:
  std::shared_ptr<const DeviceKernel> find(const std::string& key);
  /// Or what is there already and has no fewer entries, if another thread was faster.
  std::shared_ptr<const DeviceKernel> keep(const std::string& key, std::shared_ptr<const DeviceKernel> made);

  Device& device_;
  runtime::Mutex mutex_;
  runtime::LruCache<std::shared_ptr<const DeviceKernel>> kernels_;
  Counters& counters_;
  const std::shared_ptr<void> relief_;
};

/// What a device compiles for it.
std::shared_ptr<const codegen::CudaKernel> cuda_code(const DeviceKernels::Request& wanted);

}  // namespace fuseval::engine

// What copies need to run beside kernels: a queue each way, and page-locked memory for arrays that are not.
#pragma once

#include <memory>
#include <vector>

#include "engine/device/device.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

/// Belongs to one call at a time.
struct CopyLanes {
  std::unique_ptr<DeviceQueue> up, down;
  std::vector<std::unique_ptr<DeviceMemory>> up_staging, down_staging;  ///< [set of parts]; empty until it is needed
};

/// Those that calls have given back. Thread-safe.
class CopyLanePool {
 public:
  explicit CopyLanePool(Device& device) : device_(device), relief_(device.on_memory_pressure([this] { clear(); })) {}

  std::unique_ptr<CopyLanes> take();
  /// Only those in which nothing went wrong and nothing is left to do.
  void give_back(std::unique_ptr<CopyLanes> lanes);

  /// Forgets those that no call has. Thread-safe.
  void clear();

 private:
  Device& device_;
  runtime::Mutex mutex_;
  std::vector<std::unique_ptr<CopyLanes>> idle_;
  const std::shared_ptr<void> relief_;
};

/// staging[set], grown to so many bytes.
char* staging_of(Device& device, std::vector<std::unique_ptr<DeviceMemory>>& staging, size_t set, size_t bytes);

}  // namespace fuseval::engine

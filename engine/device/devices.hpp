// The devices of a session, opened when they are first asked for.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>

#include "engine/counters.hpp"
#include "engine/device/device_run.hpp"

namespace fuseval::engine {

enum class DeviceKind { cpu, cudasim };

/// "cpu", "auto" or "cudasim". Throws Error(unsupported) for another name.
DeviceKind device_kind(std::string_view name);

class Devices {
 public:
  Devices(size_t kernel_limit, Counters& counters) : kernel_limit_(kernel_limit), counters_(counters) {}

  /// Throws Error(unsupported), saying what is missing, if it cannot be opened. Thread-safe. Not for the CPU.
  DeviceSpace& get(DeviceKind kind);

 private:
  const size_t kernel_limit_;
  Counters& counters_;
  std::mutex mutex_;
  std::unique_ptr<DeviceSpace> simulator_;
};

}  // namespace fuseval::engine

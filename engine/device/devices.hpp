// The devices of a session, opened when they are first asked for.
#pragma once

#include <map>
#include <memory>

#include "engine/device/device_space.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

class Devices {
 public:
  Devices(size_t kernel_limit, Counters& counters) : kernel_limit_(kernel_limit), counters_(counters) {}

  /// Throws Error, saying what is missing, if it cannot be opened; another attempt may succeed. Thread-safe. Not for
  /// the CPU.
  DeviceSpace& get(Place place);
  /// The device if it is open already; nullptr otherwise. Thread-safe.
  DeviceSpace* find(Place place);

 private:
  std::unique_ptr<Device> open(Place place) const;

  const size_t kernel_limit_;
  Counters& counters_;
  runtime::LongLock opening_;
  runtime::Mutex mutex_;  ///< of what follows
  std::map<std::pair<DeviceKind, int32_t>, std::unique_ptr<DeviceSpace>> spaces_;
};

}  // namespace fuseval::engine

#include "engine/device/devices.hpp"

#include <fmt/format.h>

#include "engine/device/simulated_device.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {

DeviceKind device_kind(std::string_view name) {
  if (name == "cpu" || name == "auto") return DeviceKind::cpu;
  if (name == "cudasim") return DeviceKind::cudasim;
  throw Error(ErrorCode::unsupported,
              fmt::format("the device '{}' is not available in this version; use cpu, auto or cudasim", name));
}

DeviceSpace& Devices::get(DeviceKind) {
  std::lock_guard lock(mutex_);
  if (simulator_ == nullptr)
    simulator_ = std::make_unique<DeviceSpace>(open_simulated_device(), kernel_limit_, counters_);
  return *simulator_;
}

}  // namespace fuseval::engine

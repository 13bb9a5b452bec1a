#include "engine/device/devices.hpp"

#include "engine/device/cuda_device.hpp"
#include "engine/device/simulated_device.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {

DeviceSpace& Devices::get(Place place) {
  const std::lock_guard one_at_a_time(opening_);
  if (DeviceSpace* known = find(place)) return *known;
  auto opened = std::make_unique<DeviceSpace>(open(place), kernel_limit_, counters_);
  const std::lock_guard lock(mutex_);
  return *(spaces_[{place.kind, place.ordinal}] = std::move(opened));
}

DeviceSpace* Devices::find(Place place) {
  std::lock_guard lock(mutex_);
  const auto it = spaces_.find({place.kind, place.ordinal});
  return it == spaces_.end() ? nullptr : it->second.get();
}

std::unique_ptr<Device> Devices::open(Place place) const {
  switch (place.kind) {
    case DeviceKind::cuda:
      return open_cuda_device(place.ordinal);
    case DeviceKind::cudasim:
      if (place.ordinal != 0) throw Error(ErrorCode::argument, "there is one simulated device, number 0");
      return open_simulated_device();
    case DeviceKind::cpu:
      break;
  }
  throw Error(ErrorCode::internal, "the CPU was asked for as a device");
}

}  // namespace fuseval::engine

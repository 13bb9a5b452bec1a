// A device in use by a session, with the kernels that were compiled for it.
#pragma once

#include <memory>

#include "engine/device/copy_lanes.hpp"
#include "engine/device/device_kernels.hpp"
#include "engine/device/device_scalars.hpp"

namespace fuseval::engine {

struct DeviceSpace {
  DeviceSpace(std::unique_ptr<Device> opened, size_t kernel_limit, Counters& counter_set)
      : device(std::move(opened)),
        kernels(*device, kernel_limit, counter_set),
        scalars(*device),
        lanes(*device),
        counters(counter_set) {}

  const std::unique_ptr<Device> device;
  DeviceKernels kernels;
  DeviceScalars scalars;
  CopyLanePool lanes;
  Counters& counters;
};

}  // namespace fuseval::engine

// Runs a plan on a device, for arrays in the host's memory: what it reads goes up, what it writes comes down.
#pragma once

#include "engine/device/device_kernels.hpp"
#include "engine/run_control.hpp"
#include "engine/specialisation.hpp"

namespace fuseval::engine {

/// A device and its compiled kernels.
struct DeviceSpace {
  DeviceSpace(std::unique_ptr<Device> opened, size_t kernel_limit, Counters& counter_set)
      : device(std::move(opened)), kernels(*device, kernel_limit, counter_set), counters(counter_set) {}

  const std::unique_ptr<Device> device;
  DeviceKernels kernels;
  Counters& counters;
};

/// buffers[b]: the host's address of element 0 of plan buffer b, for inputs and outputs. Only elements of outputs are
/// written, when everything has run. control: nullptr, or what may stop the run between kernels. Thread-safe.
void run_on_device(DeviceSpace& space, const Specialisation& made, char* const* buffers, const std::string& program,
                   const RunControl* control);

}  // namespace fuseval::engine

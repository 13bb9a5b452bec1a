// Measuring the rates that choosing a device wants: small programs of the session's own, run as any other.
#pragma once

#include <memory>

#include "engine/device/device_space.hpp"
#include "engine/dispatch/cost_model.hpp"

namespace fuseval::engine {

struct Runtime;

/// About 60 ms, on this thread and the session's others; 64 MiB of memory meanwhile. opening_seconds is left as it is
/// in `CpuRates`. Errors: memory, those of the session's limits.
CpuRates measure_cpu(const std::shared_ptr<Runtime>& runtime);

/// About 200 ms, most of it for compiling two kernels. Takes an eighth of the device's free memory, at most 128 MiB.
/// Errors: those of the device.
DeviceRates measure_device(const std::shared_ptr<Runtime>& runtime, DeviceSpace& space);

}  // namespace fuseval::engine

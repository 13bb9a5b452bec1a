// An NVIDIA GPU as a device (docs/gpu.md).
#pragma once

#include <memory>

#include "engine/device/device.hpp"

namespace fuseval::engine {

/// Finds the driver and NVRTC, and opens device `ordinal`. Errors: unsupported (no driver, one too old, no NVRTC, no
/// device, an architecture that is not served: says what to do), argument (no such device), device.
std::unique_ptr<Device> open_cuda_device(int32_t ordinal);

}  // namespace fuseval::engine

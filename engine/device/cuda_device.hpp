// An NVIDIA GPU as a device (docs/gpu.md).
#pragma once

#include <memory>
#include <string>

#include "engine/device/device.hpp"

namespace fuseval::engine {

/// Finds the driver and NVRTC, and opens device `ordinal`. Errors: unsupported (no driver, one too old, no NVRTC, no
/// device, an architecture that is not served: says what to do), argument (no such device), device.
std::unique_ptr<Device> open_cuda_device(int32_t ordinal);

/// How many there are; 0 without a driver, too.
int cuda_device_count();

/// Lines "device cuda:0: available", one a device, or one line where there is none, which say why not by reference to
/// the lines of runtime::cuda::describe() that follow. Makes no context.
std::string cuda_information();

}  // namespace fuseval::engine

// An NVIDIA GPU as a device (docs/gpu.md).
#pragma once

#include <memory>
#include <string>

#include "engine/device/device.hpp"
#include "runtime/cuda/describe.hpp"

namespace fuseval::engine {

/// Finds the driver and NVRTC, and opens device `ordinal`. Errors: unsupported (no driver, one too old, no NVRTC, no
/// device, an architecture that is not served: says what to do), argument (no such device), device.
std::unique_ptr<Device> open_cuda_device(int32_t ordinal);

/// How many there are; 0 without a driver, too.
int cuda_device_count();

/// Lines "device cuda:0: available", or why not by reference to runtime::cuda::describe()'s lines: one a device, one
/// where there is none. Makes no context.
std::string cuda_device_lines(const runtime::cuda::Installation& found);

}  // namespace fuseval::engine

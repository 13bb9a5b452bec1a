// What this machine has for CUDA, in words.
#pragma once

#include <string>

#include "runtime/cuda/driver.hpp"
#include "runtime/cuda/nvrtc.hpp"

namespace fuseval::runtime::cuda {

/// What was found, once for all who speak of it.
struct Installation {
  DriverFound driver;
  NvrtcFound compiler;
};
/// Loads and initialises the driver.
Installation find_installation();

/// Lines "cuda driver: …", "cuda device 0: …" (one a device), "cuda compiler: …", each ending in a newline; where
/// something is missing, the line says what and where it was looked for. Makes no context. Does not throw for
/// want of anything.
std::string describe(const Installation& found = find_installation());

}  // namespace fuseval::runtime::cuda

// What this machine has for CUDA, in words.
#pragma once

#include <string>

namespace fuseval::runtime::cuda {

/// Lines "cuda driver: …", "cuda device 0: …" (one a device), "cuda compiler: …", each ending in a newline; where
/// something is missing, the line says what and where it was looked for. Loads and initialises the driver, makes no
/// context. Does not throw for want of anything.
std::string describe();

}  // namespace fuseval::runtime::cuda

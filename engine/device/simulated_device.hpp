// The CUDA simulator as a device (docs/gpu.md, "The simulator").
#pragma once

#include <memory>

#include "engine/device/device.hpp"

namespace fuseval::engine {

/// The order of threads comes from the environment's FUSEVAL_CUDASIM_SEED, a number; 0 without it. Needs a C++ compiler
/// when something is compiled: Error(unsupported) then, if the machine has none.
std::unique_ptr<Device> open_simulated_device();

/// "available, compiles with /usr/bin/c++", or why it is not.
std::string simulator_description();

}  // namespace fuseval::engine

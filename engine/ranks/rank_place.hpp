// Where ranks run a call: all on their CPUs, or each on a device.
#pragma once

#include "engine/dispatch/placing.hpp"
#include "engine/world/world.hpp"

namespace fuseval::engine {

/// What all ranks know of where a call runs, and must agree on: which of a kind of device is each rank's own affair.
struct CallPlace {
  DeviceChoice choice;
  DeviceKind arrays = DeviceKind::cpu;  ///< of those that are on a device
  bool operator==(const CallPlace&) const = default;
};
CallPlace call_place(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                     const DeviceChoice& choice);

/// This rank's: "cuda" is the GPU with the number of the rank on its machine, modulo GPUs. Errors: place_of_call's.
Place place_on_rank(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                    DeviceChoice choice, World& world);

}  // namespace fuseval::engine

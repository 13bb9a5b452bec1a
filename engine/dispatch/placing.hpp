// Where a call runs: on the CPU, or on the device where its arrays are.
#pragma once

#include "engine/base/place.hpp"
#include "engine/plan/program.hpp"

namespace fuseval::engine {

/// The views are as the caller gave them. Errors: argument (arrays on two devices, or on another one than the call is
/// for), invalid_handle (a device that cannot be).
Place place_of_call(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                    const DeviceChoice& choice);

}  // namespace fuseval::engine

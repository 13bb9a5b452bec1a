// explain, stage "device": what a call with device="auto" would cost here and there, and which it would take.
#pragma once

#include <string>

#include "engine/plan/program.hpp"

namespace fuseval::engine {

/// For results on the host, without outputs. Opens the device, and measures what has not been measured. The inputs have
/// been checked.
std::string explain_choice(const Program& program, const fv_view* inputs);

}  // namespace fuseval::engine

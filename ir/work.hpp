// The work of a plan, for limits: a number that a host can choose without knowing how kernels are fused.
#pragma once

#include <cstdint>

#include "ir/plan.hpp"

namespace fuseval {

/// Elements that the plan's kernels evaluate: one for each operation, cast and reduction of each element of their
/// iteration spaces, and one for each element that is stored as it was loaded. Stops at INT64_MAX.
int64_t elements_evaluated(const Plan& plan);

}  // namespace fuseval

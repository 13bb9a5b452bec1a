// Whether a result may be written over an input while the plan runs.
#pragma once

#include "ir/plan.hpp"

namespace fuseval::engine {

/// Whether result `k` may be written over the array of input `slot` when both begin at the same address: what is
/// overwritten has been read by all that read it. Strides are those that the plan was made for.
bool is_harmless_over(const Plan& plan, uint32_t k, uint32_t slot);

}  // namespace fuseval::engine

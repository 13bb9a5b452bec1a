// Views that a caller wants results written to.
#pragma once

#include "fuseval/fuseval.h"

namespace fuseval::engine {

/// Throws Error unless each can be written to: invalid_handle, unsupported, argument (read-only, or its elements share
/// memory).
void check_outputs(const fv_view* outputs, int32_t count);

}  // namespace fuseval::engine

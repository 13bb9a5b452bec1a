// Ranks that are not there.
#pragma once

#include <memory>

#include "runtime/distributed/transport.hpp"

namespace fuseval::runtime::distributed {

/// Rank 0 of `size` that are not there, to plan for what nobody can start here: whatever sends or receives is
/// ErrorCode::communication. Errors: ErrorCode::argument for size < 1.
std::shared_ptr<Transport> planned_transport(int size);

}  // namespace fuseval::runtime::distributed

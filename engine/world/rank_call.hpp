// Calls that all ranks of a world make.
#pragma once

#include <string_view>

#include "engine/world/all_or_none.hpp"

namespace fuseval::engine {

/// f is this rank's call, and `name` its name on all ranks, or its text. What it throws before it has sent
/// anything the others have not heard of: this rank has refused the call, as the others may have
/// (runtime/distributed/interruptions.hpp).
template <class F>
void call_together(World& world, std::string_view name, F&& f) {
  runtime::distributed::Communicator& ranks = world.communicator();
  ranks.enter(name);
  const uint64_t before = ranks.messages_sent();
  try {
    f();
  } catch (...) {
    if (ranks.messages_sent() == before) ranks.refuse(*failure_of([] { throw; }));
    throw;
  }
}

}  // namespace fuseval::engine

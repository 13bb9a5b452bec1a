// What every transport must do, whatever its ranks are: the same checks for threads, a rank by itself, and MPI.
#pragma once

#include "runtime/distributed/communicator.hpp"

namespace fuseval::testing {

/// All operations, on every rank of the transport at once, as doctest checks. Leaves the communicators unbroken.
void check_transport(const std::shared_ptr<runtime::distributed::Transport>& transport,
                     const runtime::distributed::CommunicatorSettings& settings);

/// A rank that gives up, in every place: all give up with its error, and go on together after they have recovered.
void check_interruptions(const std::shared_ptr<runtime::distributed::Transport>& transport,
                         const runtime::distributed::CommunicatorSettings& settings);

/// Ranks that call different things get the same error, all of them, when calls are checked. Needs two ranks.
void check_differing_calls(const std::shared_ptr<runtime::distributed::Transport>& transport);

}  // namespace fuseval::testing

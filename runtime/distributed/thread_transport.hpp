// Ranks that are threads of one process: the same programs as under MPI, in one debugger, under one sanitizer.
//
// It is stricter than MPI. A send always waits for its receive, and bytes are copied from the sender's memory to the
// receiver's when the receiver looks, so that whoever touches a buffer too early gets wrong bytes (and a report from
// ThreadSanitizer). When every rank waits for another, none does so for ever: all fail, with a list of who waits for
// what.
#pragma once

#include <functional>
#include <memory>

#include "runtime/distributed/transport.hpp"

namespace fuseval::runtime::distributed {

struct ThreadSettings {
  /// Not 0: messages arrive late and in another order, chosen by this number and not by the machine's schedule, and
  /// memory to be received into is overwritten when a receive is posted.
  uint64_t shuffle_seed = 0;
};

/// What a rank runs. It may keep its transport after it returns, but the other ranks count it as gone.
using RankFunction = std::function<void(const std::shared_ptr<Transport>& transport)>;

/// Runs the function on `count` threads at once, one a rank; returns when all have. If one throws, the next use of the
/// transport by any other throws as well, and when all have ended the first exception is thrown here.
/// Errors: ErrorCode::argument for count < 1; ErrorCode::communication when ranks wait for each other for ever.
void run_ranks(int count, const RankFunction& function, const ThreadSettings& settings = {});

/// The transport of a rank by itself, whose messages go to itself.
std::shared_ptr<Transport> self_transport();

}  // namespace fuseval::runtime::distributed

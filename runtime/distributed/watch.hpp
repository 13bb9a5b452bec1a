// Waiting, and an end to it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "runtime/distributed/communicator.hpp"

namespace fuseval::runtime::distributed {

/// One wait of a rank, which the communicator's watchdog ends.
class Communicator::Watch {
 public:
  explicit Watch(Communicator& communicator) : communicator_(communicator) {}

  /// Something has come.
  void restart() { since_ = Clock::now(); }
  /// True once, when nothing has come for long.
  bool has_become_long() {
    if (was_long_ || waited() < patience()) return false;
    return was_long_ = true;
  }
  /// Lets others run, and tells whether to look for messages that nobody waits for. Errors: communication.
  bool pause(const Waiting& waiting) {
    const double rest = std::isinf(limit()) ? limit() : limit() - waited();
    if (rest <= 0) communicator_.fail(too_long(waiting));
    try {
      return communicator_.transport_->pause(waiting, std::min(rest, patience()));
    } catch (const Error& error) {
      communicator_.fail(error);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  double limit() const { return communicator_.settings_.watchdog_seconds; }
  /// Longer than ranks wait for each other's compilers.
  double patience() const { return std::min(10.0, limit() / 2); }
  double waited() const { return std::chrono::duration<double>(Clock::now() - since_).count(); }
  Error too_long(const Waiting& waiting) const {
    return Error(ErrorCode::communication,
                 fmt::format("rank {} waited {} s {}", communicator_.rank(), limit(), describe(waiting)));
  }

  Communicator& communicator_;
  Clock::time_point since_ = Clock::now();
  bool was_long_ = false;
};

}  // namespace fuseval::runtime::distributed

// Waiting, and an end to it.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "runtime/distributed/communicator.hpp"

namespace fuseval::runtime::distributed {

/// One wait of a rank, which the communicator's watchdog ends.
class Communicator::Watch {
 public:
  explicit Watch(Communicator& communicator) : communicator_(communicator) {}

  /// Something has come.
  void restart() {
    if (!std::isinf(limit())) since_ = Clock::now();
  }
  /// Lets others run, and tells whether to look for messages that nobody waits for. Errors: communication.
  bool pause(const Waiting& waiting) {
    double rest = limit();
    if (!std::isinf(rest)) rest -= std::chrono::duration<double>(Clock::now() - since_).count();
    if (rest <= 0) communicator_.fail(too_long(waiting));
    try {
      return communicator_.transport_->pause(waiting, rest);
    } catch (const Error& error) {
      communicator_.fail(error);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  double limit() const { return communicator_.settings_.watchdog_seconds; }
  Error too_long(const Waiting& waiting) const {
    return Error(ErrorCode::communication,
                 fmt::format("rank {} waited {} s {}", communicator_.rank(), limit(), describe(waiting)));
  }

  Communicator& communicator_;
  Clock::time_point since_ = Clock::now();
};

}  // namespace fuseval::runtime::distributed

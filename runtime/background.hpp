// Work that may outlive the call that asked for it.
#pragma once

#include <functional>

#include "runtime/mutex.hpp"

namespace fuseval::runtime {

/// Threads of their own for jobs, one each; whoever owns it waits for them. A forked child does not: they are not
/// there.
class Background {
 public:
  Background() = default;
  ~Background() { wait(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  /// Runs a job, which must not throw, on a new thread; here and now if there can be none. Thread-safe.
  void run(std::function<void()> job);
  /// Until no job runs.
  void wait();

 private:
  void forget_parents();

  Mutex mutex_;
  Condition idle_;
  int running_ = 0;
  uint32_t generation_ = fork_generation();
};

}  // namespace fuseval::runtime

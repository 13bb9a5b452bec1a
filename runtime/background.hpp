// Work that may outlive the call that asked for it.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>

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
  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
  pid_t process_ = 0;
};

}  // namespace fuseval::runtime

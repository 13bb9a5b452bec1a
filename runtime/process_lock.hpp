// A lock for what lives as long as the process, its forked children among them.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <atomic>

namespace fuseval::runtime {

/// A lock that a forked child does not inherit: it is held by a process, and a holder that is not this process is gone.
class ProcessLock {
 public:
  void lock() {
    const pid_t here = getpid();
    pid_t holder = 0;
    while (!holder_.compare_exchange_weak(holder, here, std::memory_order_acquire)) {
      if (holder != here && holder != 0) continue;  // a parent's: taken over by the next exchange
      sched_yield();
      holder = 0;
    }
  }
  void unlock() { holder_.store(0, std::memory_order_release); }

 private:
  std::atomic<pid_t> holder_{0};
};

}  // namespace fuseval::runtime

// Locks that a forked child never finds locked. The rest of the library has no others (tests/architecture).
#pragma once

#include <atomic>
#include <mutex>

#include "runtime/fork_gate.hpp"

namespace fuseval::runtime {

/// For short work: its holder is in a ForkSection, with the restrictions of one.
class Mutex {
 public:
  constexpr Mutex() = default;

  void lock() {
    ForkSection::enter();
    mutex_.lock();
  }
  void unlock() {
    mutex_.unlock();
    ForkSection::leave();
  }

 private:
  std::mutex mutex_;
};

/// As std::condition_variable, of which a child inherits waiters that do not exist: their share of the wake-ups is
/// lost, and its destructor waits for them.
class Condition {
 public:
  /// lock: of a Mutex, and the thread's only one.
  template <class Lock, class Predicate>
  void wait(Lock& lock, Predicate holds) {
    while (!holds()) {
      const uint32_t seen = changes_.load();
      lock.unlock();
      changes_.wait(seen);
      lock.lock();
    }
  }
  /// Under the lock.
  void notify_all() {
    changes_.fetch_add(1);
    changes_.notify_all();
  }

 private:
  std::atomic<uint32_t> changes_{0};
};

/// For work that takes long or waits for other threads: fork() does not wait for its holder, and the child finds it
/// free. The state that it protects must therefore be consistent at any time: each change to it is one ForkSection.
class LongLock {
 public:
  constexpr LongLock() = default;

  bool try_lock() {
    const uint32_t here = fork_generation() + 1;
    uint32_t holder = holder_.load();
    return holder != here && holder_.compare_exchange_strong(holder, here);
  }
  void lock() {
    while (!try_lock()) holder_.wait(fork_generation() + 1);
  }
  void unlock() {
    holder_.store(0);
    holder_.notify_all();
  }

 private:
  std::atomic<uint32_t> holder_{0};  ///< 0: nobody; else the holder's fork_generation() + 1
};

}  // namespace fuseval::runtime

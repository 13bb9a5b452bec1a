// In place of function-local statics, whose destructors run while other threads still use them, and whose construction
// a fork() may cut in two: a child would wait for its end for ever.
#pragma once

#include <atomic>
#include <mutex>

#include "runtime/mutex.hpp"

namespace fuseval::runtime {

/// A value that is constructed at its first use and never destroyed. Declare it `static constinit`.
template <class T>
class Lasting {
 public:
  constexpr Lasting() = default;

  /// make() -> T runs in a ForkSection; if it throws, the next call tries again.
  template <class Make>
  T& get(Make make) {
    if (T* known = value_.load(std::memory_order_acquire)) return *known;
    const std::lock_guard lock(mutex_);
    T* value = value_.load(std::memory_order_relaxed);
    if (value == nullptr) value_.store(value = new T(make()), std::memory_order_release);
    return *value;
  }

 private:
  std::atomic<T*> value_{nullptr};
  Mutex mutex_;
};

}  // namespace fuseval::runtime

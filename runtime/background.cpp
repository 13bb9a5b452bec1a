#include "runtime/background.hpp"

#include <unistd.h>

#include <system_error>
#include <thread>
#include <utility>

namespace fuseval::runtime {

void Background::run(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    if (process_ != getpid()) running_ = 0;
    process_ = getpid();
    ++running_;
  }
  const auto counted = [this, job = std::move(job)] {
    job();
    std::lock_guard lock(mutex_);
    --running_;
    idle_.notify_all();  // under the lock: afterwards this object may be gone
  };
  try {
    std::thread(counted).detach();
  } catch (const std::system_error&) {
    counted();
  }
}

void Background::wait() {
  std::unique_lock lock(mutex_);
  if (process_ == getpid()) idle_.wait(lock, [&] { return running_ == 0; });
}

}  // namespace fuseval::runtime

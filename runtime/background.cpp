#include "runtime/background.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace fuseval::runtime {

void Background::run(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    forget_parents();
    ++running_;
  }
  const auto counted = [this, job = std::move(job)] {
    job();
    const std::lock_guard lock(mutex_);
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
  forget_parents();
  idle_.wait(lock, [&] { return running_ == 0; });
}

void Background::forget_parents() {
  if (generation_ == fork_generation()) return;
  generation_ = fork_generation();
  running_ = 0;
}

}  // namespace fuseval::runtime

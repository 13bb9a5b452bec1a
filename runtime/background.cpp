#include "runtime/background.hpp"

#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace fuseval::runtime {

void Background::run(std::function<void()> job) {
  // Shared: no failure to start a thread may lose the job.
  const auto shared = std::make_shared<const std::function<void()>>(std::move(job));
  {
    const std::lock_guard lock(mutex_);
    forget_parents();
    ++running_;
  }
  const auto counted = [this, shared] {
    (*shared)();
    const std::lock_guard lock(mutex_);
    --running_;
    idle_.notify_all();  // under the lock: afterwards this object may be gone
  };
  try {
    std::thread(counted).detach();
  } catch (const std::system_error&) {
    counted();
  } catch (const std::bad_alloc&) {
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

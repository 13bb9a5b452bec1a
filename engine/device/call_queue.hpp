// The queue that a call's kernels go into, and who waits for whom.
#pragma once

#include "engine/device/device.hpp"

namespace fuseval::engine {

/// The queue of one call: the caller's, or the session's. Whatever happens, the session's goes on only after it, and
/// the host's memory is free when it is gone.
class CallQueue {
 public:
  CallQueue(Device& device, void* native) : device_(device) {
    if (native != nullptr) borrowed_ = device.borrow_queue(native);
  }
  ~CallQueue() {
    if (!done_) settle();
  }
  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  DeviceQueue& get() const { return borrowed_ ? *borrowed_ : device_.queue(); }
  /// Memory has been allocated, which is done in the order of the session's queue.
  void wait_for_memory() const {
    if (borrowed_) borrowed_->wait_for(device_.queue());
  }
  /// Everything has been asked for.
  void finish(bool wait) {
    if (borrowed_) device_.queue().wait_for(*borrowed_);
    if (wait) get().synchronize();
    done_ = true;
  }

 private:
  void settle() const noexcept {
    get().settle();
    if (borrowed_) device_.queue().settle();
  }

  Device& device_;
  std::unique_ptr<DeviceQueue> borrowed_;
  bool done_ = false;
};

}  // namespace fuseval::engine

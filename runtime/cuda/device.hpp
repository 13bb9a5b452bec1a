// A GPU: its primary context (shared with whatever else in the process uses CUDA), its properties, its memory and its
// errors. Streams, buffers and modules hold it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cuda/device_properties.hpp"
#include "runtime/cuda/device_view.hpp"
#include "runtime/cuda/driver.hpp"
#include "runtime/cuda/launch_log.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::runtime::cuda {

struct DeviceOptions {
  /// Bytes of freed memory that the pool keeps for reuse across synchronisations; none: half of the device's memory.
  /// The driver's own threshold is 0, which gives all memory back at each synchronisation and maps it anew
  /// (milliseconds).
  std::optional<uint64_t> pool_keeps;
};

struct MemoryInfo {
  size_t free = 0;
  size_t total = 0;
};

/// Thread-safe. After an error that takes the context with it (an illegal address, a failed launch) the device is lost:
/// every operation throws Error(device) with the first error's words, and releasing does nothing. The CPU and other
/// devices are unaffected; only a new process gets the device back.
class Device : public std::enable_shared_from_this<Device> {
 public:
  /// Retains the primary context of device `ordinal`. Errors: argument (no such device), device.
  static std::shared_ptr<Device> open(std::shared_ptr<const Driver> driver, int ordinal, DeviceOptions options = {});
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const Driver& driver() const { return *driver_; }
  const DriverApi& api() const { return driver_->api(); }
  int ordinal() const { return ordinal_; }
  const DeviceProperties& properties() const { return properties_; }

  /// Waits for everything on the device, throws what went wrong there, and an error that a release before it had.
  void synchronize();
  /// Free and total bytes, as the driver counts them: what the pool keeps is not free.
  MemoryInfo memory_info();
  /// Bytes that an allocation could get: free ones, and what the pool keeps for reuse.
  size_t available_bytes();
  /// Why these bytes are not memory of this device that is alive, as words after "its memory"; "" if they are. A lookup
  /// of the driver's, without waiting for anything.
  std::string why_not_memory_here(DeviceView view);
  /// Whether the driver knows this memory of the host's, so that copies from and to it run at full speed.
  bool is_pinned(const void* data);
  /// Gives memory that the pool keeps back to the driver. Memory freed in work that is still running stays.
  void trim();
  /// Called, in order of registration, when memory runs out, before an allocation is tried once more: frees what can be
  /// made again. The registration ends when the returned token is destroyed.
  using Relief = std::function<void()>;
  std::shared_ptr<void> on_memory_pressure(Relief relief);

  /// Why the device is lost; none while it is not.
  std::optional<std::string> lost() const;

  // For streams, buffers and modules.

  /// Throws if the process was forked, or the device is lost.
  void require_usable() const;
  /// Throws the error of a call that failed, and marks the device lost when it took the context with it: the message
  /// then names the kernels that may have done it.
  void check(Result result, std::string_view doing);
  /// Tries `call` (Result()) twice, because a release may report an earlier error in place of its own success;
  /// remembers what fails for the next synchronize(). Nothing in a forked child or on a lost device.
  template <class Call>
  void release(std::string_view doing, Call call) noexcept;
  /// One attempt at an allocation; out of memory: relieves, waits, trims and tries once more, then reports bytes.
  template <class Call>
  void allocate(size_t bytes, std::string_view what, Call call);

  ContextHandle context() const { return context_; }
  PoolHandle pool() const { return pool_; }
  LaunchLog& launches() { return launches_; }
  /// Throws what an earlier release remembered.
  void throw_remembered();

 private:
  friend class ContextScope;
  Device(std::shared_ptr<const Driver> driver, int ordinal) : driver_(std::move(driver)), ordinal_(ordinal) {}
  void make_pool(const DeviceOptions& options);
  void lose(const std::string& why) noexcept;
  void remember(Result result, std::string_view doing) noexcept;
  bool may_release() const noexcept;
  void relieve();
  [[noreturn]] void throw_out_of_memory(size_t bytes, std::string_view what);

  const std::shared_ptr<const Driver> driver_;
  const int ordinal_;
  DeviceNumber number_ = 0;
  DeviceProperties properties_;
  ContextHandle context_ = nullptr;
  PoolHandle pool_ = nullptr;
  LaunchLog launches_;

  std::atomic<bool> is_lost_{false};
  mutable Mutex mutex_;  // of what follows
  std::string why_lost_;
  std::optional<Error> remembered_;
  std::map<uint64_t, Relief> reliefs_;
  uint64_t next_relief_ = 0;
};

/// Makes the device's context current on this thread, and the host's current again afterwards.
class ContextScope {
 public:
  /// Throws where the device cannot be used.
  explicit ContextScope(Device& device);
  /// For releases: is_current() says whether it worked.
  ContextScope(Device& device, std::nothrow_t) noexcept;
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

  bool is_current() const { return result_ == Result::success; }
  Result result() const { return result_; }

 private:
  void enter() noexcept;
  Device& device_;
  Result result_ = Result::success;
  bool pushed_ = false;
};

template <class Call>
void Device::release(std::string_view doing, Call call) noexcept {
  for (int attempt = 0; attempt < 2 && may_release(); ++attempt) {
    const ContextScope scope(*this, std::nothrow);
    const Result result = scope.is_current() ? call() : scope.result();
    if (result == Result::success) return;
    remember(result, doing);
  }
}

template <class Call>
void Device::allocate(size_t bytes, std::string_view what, Call call) {
  const ContextScope scope(*this);
  Result result = call();
  if (result == Result::out_of_memory) {
    relieve();
    result = call();
  }
  if (result == Result::out_of_memory) throw_out_of_memory(bytes, what);
  check(result, what);
}

}  // namespace fuseval::runtime::cuda

// A device as the engine sees it: memory of its own, CUDA C++ text that it compiles, and queues of work.
//
// The session's queue orders everything: memory is allocated and freed in its order, and whoever works on another queue
// lets that one wait for it before, and it for that one afterwards. Work is done when a queue has been waited for;
// errors may come at any later operation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/place.hpp"

namespace fuseval::engine {

/// A CUDA C++ text and the names of its kernels (extern "C").
struct DeviceSource {
  std::string text;
  std::vector<std::string> entries;
};

/// A kernel that can be launched; it keeps its module.
class DeviceFunction {
 public:
  virtual ~DeviceFunction() = default;
};

/// A text that a device has compiled.
class DeviceModule {
 public:
  virtual ~DeviceModule() = default;
  /// entry: index into the source's entries. program: the text that errors name.
  virtual std::shared_ptr<DeviceFunction> function(size_t entry, const std::string& program) const = 0;
};

/// Memory on a device, given back in the order of the session's queue when destroyed; it keeps the device.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  char* data() const { return data_; }
  size_t size() const { return size_; }

 protected:
  DeviceMemory(char* data, size_t size) : data_(data), size_(size) {}

 private:
  char* const data_;
  const size_t size_;
};

/// A place in a queue's work.
class DeviceEvent {
 public:
  virtual ~DeviceEvent() = default;
  /// Waits until the work before it is done; of errors in it those that are known by then are thrown.
  virtual void synchronize() = 0;
};

/// What a thread needs where other libraries work on the device's addresses; it keeps the device.
class DeviceContext {
 public:
  virtual ~DeviceContext() = default;
  /// Throws what f throws, and nothing else: f is called with a lost device, too.
  virtual void call(const std::function<void()>& f) = 0;
};

/// Runs work in the order of its submission. Thread-safe.
class DeviceQueue {
 public:
  virtual ~DeviceQueue() = default;
  /// words: the kernel's one parameter, a struct of 8-byte words; copied.
  virtual void launch(DeviceFunction& function, uint32_t grid, uint32_t block, std::span<const uint64_t> words) = 0;
  /// The host's memory must stay as it is, and alive, until the queue has been waited for.
  virtual void upload(char* to, const char* from, size_t bytes) = 0;
  virtual void download(char* to, const char* from, size_t bytes) = 0;
  /// A value, aligned to 8 bytes; the host's memory takes no part.
  virtual void write_word(char* to, uint64_t word) = 0;
  /// On the device. The two must not overlap.
  virtual void copy(char* to, const char* from, size_t bytes) = 0;
  /// Work submitted after this call waits for all work already submitted to `other`.
  virtual void wait_for(DeviceQueue& other) = 0;
  /// The end of what the queue has now.
  virtual std::unique_ptr<DeviceEvent> record() = 0;
  /// Work submitted after this call waits for the event, which is one of this device's.
  virtual void wait_for(const DeviceEvent& event) = 0;
  /// Waits, and throws what went wrong; either way nothing of the host's memory is in use any more.
  virtual void synchronize() = 0;
  /// Waits, whatever happens: for unwinding. Errors come at the next synchronize().
  virtual void settle() noexcept = 0;
  /// What the device's own library calls it (a CUstream); nullptr if it has no name.
  virtual void* native() const = 0;
};

/// Thread-safe. Everything throws Error that names the device.
class Device {
 public:
  virtual ~Device() = default;
  virtual Place place() const = 0;
  /// What it is, for people and as a key of what was measured on it: its name, architecture and driver's version.
  virtual std::string description() const = 0;
  /// Whether the host's memory at this address is page-locked for the device.
  virtual bool is_pinned(const char* data) = 0;
  /// One module a source, in their order.
  virtual std::vector<std::shared_ptr<const DeviceModule>> compile(std::span<const DeviceSource> sources) = 0;
  /// The session's own.
  virtual DeviceQueue& queue() = 0;
  /// A further one.
  virtual std::unique_ptr<DeviceQueue> open_queue() = 0;
  /// The caller's (a CUstream), who keeps it alive.
  virtual std::unique_ptr<DeviceQueue> borrow_queue(void* native) = 0;
  /// At least 256-byte aligned. bytes > 0.
  virtual std::unique_ptr<DeviceMemory> allocate(size_t bytes) = 0;
  /// The same, of memory that other libraries may be given, and let other processes into: slower to make, and
  /// destroying it waits for the device.
  virtual std::unique_ptr<DeviceMemory> allocate_shareable(size_t bytes) = 0;
  /// Page-locked memory of the host, from and to which copies run at full speed beside other work. bytes > 0.
  virtual std::unique_ptr<DeviceMemory> allocate_pinned(size_t bytes) = 0;
  /// Bytes that an allocation could still get.
  virtual size_t free_bytes() = 0;
  virtual std::shared_ptr<DeviceContext> context() = 0;
  /// Asks for `relief` when an allocation finds no memory, before it is tried once more, on any thread; afterwards the
  /// device forgets what it compiled and nobody holds. It ends when the token does; nullptr where memory never runs
  /// out.
  virtual std::shared_ptr<void> on_memory_pressure(std::function<void()> relief) = 0;
  /// Why these bytes are not memory of this device that is alive, as words after "its memory"; "" if they are.
  virtual std::string why_not_memory_here(const char* data, size_t bytes) = 0;
};

/// Throws Error(argument), beginning with `what`, if these bytes are not memory of this device that is alive.
void require_memory(Device& device, const char* data, size_t bytes, const std::string& what);

}  // namespace fuseval::engine

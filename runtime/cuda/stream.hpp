// Streams: queues of work that a device does in order; and events, marks in them that others wait for.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "runtime/cuda/device.hpp"
#include "runtime/cuda/device_view.hpp"

namespace fuseval::runtime::cuda {

class Event;

/// Ours, or a caller's. Thread-safe, as the driver is; work enters in the order of the calls. Everything but
/// synchronize() returns before the work is done, and its errors may be reported by a later call on the device.
class Stream {
 public:
  /// A stream of its own, which does not wait for the legacy default stream. Waited for when destroyed.
  static std::shared_ptr<Stream> create(std::shared_ptr<Device> device);
  /// A caller's stream of this device (a cudaStream_t; 0 or 1: the legacy default stream, 2: the thread's). The caller
  /// keeps it alive until the stream object and the buffers allocated on it are gone.
  static std::shared_ptr<Stream> borrow(std::shared_ptr<Device> device, StreamHandle handle);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Copies to.bytes bytes. Host memory must stay as it is until the copy is done, whether it is pinned or not; copies
  /// of memory that is not pinned do not overlap with the host.
  void copy_to_device(DeviceView to, const void* from);
  void copy_to_host(void* to, DeviceView from);
  /// Sizes must agree; the two must not overlap.
  void copy_on_device(DeviceView to, DeviceView from);
  /// Every byte of `to` becomes `value`.
  void fill(DeviceView to, unsigned char value);
  /// Every 4-byte word of `to` becomes `value`; aligned, whole words.
  void fill_words(DeviceView to, uint32_t value);
  /// What is enqueued from now on waits for the event's last record().
  void wait(const Event& event);
  /// What is enqueued here from now on waits for what the other stream has now.
  void wait_for(Stream& other);
  /// Waits for the work enqueued so far, and throws what went wrong.
  void synchronize();
  /// Waits too, whatever happens: errors are remembered for the next synchronize(). For destructors and unwinding.
  void settle() noexcept;
  /// Whether all of it is done. Throws what went wrong.
  bool is_done();

  Device& device() const { return *device_; }
  const std::shared_ptr<Device>& shared_device() const { return device_; }
  StreamHandle handle() const { return handle_; }

 private:
  Stream(std::shared_ptr<Device> device, StreamHandle handle, bool owned)
      : device_(std::move(device)), handle_(handle), owned_(owned) {}
  const std::shared_ptr<Device> device_;
  const StreamHandle handle_;
  const bool owned_;
};

/// A mark in a stream. Thread-safe as far as the driver is: record and wait from one thread at a time.
class Event {
 public:
  enum class Timing { off, on };
  /// Timing costs the device a little at each record; elapsed_milliseconds needs it.
  explicit Event(std::shared_ptr<Device> device, Timing timing = Timing::off);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(Stream& stream);
  /// Waits until the work before the last record() is done.
  void synchronize();
  bool is_done();
  /// Between the last records of the two, which must be done.
  static float elapsed_milliseconds(const Event& begin, const Event& end);

  EventHandle handle() const { return handle_; }

 private:
  const std::shared_ptr<Device> device_;
  EventHandle handle_ = nullptr;
};

}  // namespace fuseval::runtime::cuda

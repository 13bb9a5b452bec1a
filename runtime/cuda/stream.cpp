#include "runtime/cuda/stream.hpp"

#include <fmt/format.h>

namespace fuseval::runtime::cuda {

std::shared_ptr<Stream> Stream::create(std::shared_ptr<Device> device) {
  StreamHandle handle = nullptr;
  {
    const ContextScope scope(*device);
    device->check(device->api().stream_create(&handle, stream_non_blocking), "making a CUDA stream");
  }
  return std::shared_ptr<Stream>(new Stream(std::move(device), handle, true));
}

std::shared_ptr<Stream> Stream::borrow(std::shared_ptr<Device> device, StreamHandle handle) {
  device->require_usable();
  return std::shared_ptr<Stream>(new Stream(std::move(device), handle, false));
}

// Waited for first: the driver would let the work run on, and nobody would hear of its errors.
Stream::~Stream() {
  if (!owned_) return;
  settle();
  device_->release("closing a CUDA stream", [&] { return device_->api().stream_destroy(handle_); });
}

void Stream::copy_to_device(DeviceView to, const void* from) {
  if (to.bytes == 0) return;
  const ContextScope scope(*device_);
  const Result result = device_->api().memcpy_to_device_async(to.pointer, from, to.bytes, handle_);
  if (result != Result::success) device_->check(result, fmt::format("copying {} bytes to the device", to.bytes));
}

void Stream::copy_to_host(void* to, DeviceView from) {
  if (from.bytes == 0) return;
  const ContextScope scope(*device_);
  const Result result = device_->api().memcpy_to_host_async(to, from.pointer, from.bytes, handle_);
  if (result != Result::success) device_->check(result, fmt::format("copying {} bytes from the device", from.bytes));
}

void Stream::copy_on_device(DeviceView to, DeviceView from) {
  if (to.bytes != from.bytes) throw Error(ErrorCode::internal, "a copy between device buffers of unequal size");
  if (from.bytes == 0) return;
  const ContextScope scope(*device_);
  const Result result = device_->api().memcpy_on_device_async(to.pointer, from.pointer, from.bytes, handle_);
  if (result != Result::success) device_->check(result, fmt::format("copying {} bytes on the device", from.bytes));
}

void Stream::fill(DeviceView to, unsigned char value) {
  if (to.bytes == 0) return;
  const ContextScope scope(*device_);
  const Result result = device_->api().memset_async(to.pointer, value, to.bytes, handle_);
  if (result != Result::success) device_->check(result, fmt::format("filling {} bytes on the device", to.bytes));
}

void Stream::fill_words(DeviceView to, uint32_t value) {
  if (to.bytes == 0) return;
  const ContextScope scope(*device_);
  const Result result = device_->api().memset_words_async(to.pointer, value, to.bytes / 4, handle_);
  if (result != Result::success) device_->check(result, fmt::format("filling {} bytes on the device", to.bytes));
}

void Stream::wait(const Event& event) {
  const ContextScope scope(*device_);
  device_->check(device_->api().stream_wait_event(handle_, event.handle(), 0), "making a stream wait for an event");
}

void Stream::wait_for(Stream& other) {
  if (other.handle_ == handle_ && other.device_ == device_) return;
  Event event(other.device_);
  event.record(other);
  wait(event);
}

void Stream::synchronize() {
  const ContextScope scope(*device_);
  device_->check(device_->api().stream_synchronize(handle_), "waiting for a CUDA stream");
  device_->launches().clear(handle_);
  device_->throw_remembered();
}

void Stream::settle() noexcept {
  device_->release("waiting for a CUDA stream", [&] { return device_->api().stream_synchronize(handle_); });
}

bool Stream::is_done() {
  const ContextScope scope(*device_);
  const Result result = device_->api().stream_query(handle_);
  if (result == Result::not_ready) return false;
  device_->check(result, "looking at a CUDA stream");
  return true;
}

Event::Event(std::shared_ptr<Device> device, Timing timing) : device_(std::move(device)) {
  const ContextScope scope(*device_);
  const unsigned flags = timing == Timing::on ? event_default : event_disable_timing;
  device_->check(device_->api().event_create(&handle_, flags), "making a CUDA event");
}

Event::~Event() {
  device_->release("dropping a CUDA event", [&] { return device_->api().event_destroy(handle_); });
}

void Event::record(Stream& stream) {
  const ContextScope scope(*device_);
  device_->check(device_->api().event_record(handle_, stream.handle()), "recording a CUDA event");
}

void Event::synchronize() {
  const ContextScope scope(*device_);
  device_->check(device_->api().event_synchronize(handle_), "waiting for a CUDA event");
}

bool Event::is_done() {
  const ContextScope scope(*device_);
  const Result result = device_->api().event_query(handle_);
  if (result == Result::not_ready) return false;
  device_->check(result, "looking at a CUDA event");
  return true;
}

float Event::elapsed_milliseconds(const Event& begin, const Event& end) {
  const ContextScope scope(*begin.device_);
  float milliseconds = 0;
  begin.device_->check(begin.device_->api().event_elapsed_time(&milliseconds, begin.handle_, end.handle_),
                       "reading the time between CUDA events");
  return milliseconds;
}

}  // namespace fuseval::runtime::cuda

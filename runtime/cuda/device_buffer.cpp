#include "runtime/cuda/device_buffer.hpp"

#include <algorithm>
#include <utility>

namespace fuseval::runtime::cuda {

DeviceBuffer::DeviceBuffer(std::shared_ptr<Stream> stream, size_t bytes, Source source)
    : stream_(std::move(stream)), bytes_(bytes), source_(source) {
  if (bytes == 0) return;
  Device& device = stream_->device();
  device.allocate(bytes, "allocating device memory", [&] {
    return is_pooled() ? device.api().mem_alloc_from_pool_async(&pointer_, bytes, device.pool(), stream_->handle())
                       : device.api().mem_alloc(&pointer_, bytes);
  });
}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  stream_ = std::exchange(other.stream_, nullptr);
  others_ = std::exchange(other.others_, {});
  pointer_ = std::exchange(other.pointer_, 0);
  bytes_ = std::exchange(other.bytes_, 0);
  source_ = other.source_;
  return *this;
}

void DeviceBuffer::also_used_on(std::shared_ptr<Stream> other) {
  const bool known = other == stream_ || std::find(others_.begin(), others_.end(), other) != others_.end();
  if (!known) others_.push_back(std::move(other));
}

/// The stream waits for the others' events; where that fails, the host waits for the device instead.
void DeviceBuffer::wait_for_others() noexcept {
  try {
    for (const auto& other : others_) stream_->wait_for(*other);
  } catch (...) {
    Device& device = stream_->device();
    device.release("waiting for the device", [&] { return device.api().ctx_synchronize(); });
  }
}

void DeviceBuffer::release() noexcept {
  if (pointer_ == 0) return;
  Device& device = stream_->device();
  if (is_pooled()) {
    if (!others_.empty()) wait_for_others();
    device.release("freeing device memory", [&] { return device.api().mem_free_async(pointer_, stream_->handle()); });
  } else {  // cuMemFree does not promise to wait for kernels
    device.release("waiting for the device", [&] { return device.api().ctx_synchronize(); });
    device.release("freeing device memory", [&] { return device.api().mem_free(pointer_); });
  }
  pointer_ = 0;
}

PinnedBuffer::PinnedBuffer(std::shared_ptr<Device> device, size_t bytes) : device_(std::move(device)), bytes_(bytes) {
  if (bytes == 0) return;
  const ContextScope scope(*device_);
  void* data = nullptr;
  device_->check(device_->api().mem_host_alloc(&data, bytes, host_alloc_portable), "allocating pinned host memory");
  data_ = static_cast<char*>(data);
}

PinnedBuffer& PinnedBuffer::operator=(PinnedBuffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  device_ = std::exchange(other.device_, nullptr);
  data_ = std::exchange(other.data_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void PinnedBuffer::release() noexcept {
  if (data_ == nullptr) return;
  device_->release("waiting for the device", [&] { return device_->api().ctx_synchronize(); });
  device_->release("freeing pinned host memory", [&] { return device_->api().mem_free_host(data_); });
  data_ = nullptr;
}

}  // namespace fuseval::runtime::cuda

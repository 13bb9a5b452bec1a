// Owned memory: on the device, and pinned on the host.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "runtime/cuda/device_view.hpp"
#include "runtime/cuda/stream.hpp"

namespace fuseval::runtime::cuda {

/// Device memory from the device's pool, 256-byte aligned, contents undefined. Allocated and freed in the order of its
/// stream: it may be used there at once, and is free again when the stream gets to where it was destroyed. Without
/// pools (properties().has_pools), or where that is asked for, it comes from cuMemAlloc: it may be used anywhere at
/// once, and destroying it waits for the device. Move-only.
class DeviceBuffer {
 public:
  enum class Source { pool, driver };
  DeviceBuffer() = default;
  /// Throws Error(memory) with the bytes wanted, free and in all, after what could be freed has been. 0 bytes: no
  /// memory.
  DeviceBuffer(std::shared_ptr<Stream> stream, size_t bytes, Source source = Source::pool);
  ~DeviceBuffer() { release(); }
  DeviceBuffer(DeviceBuffer&& other) noexcept { *this = std::move(other); }
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;

  /// Another stream uses it too. That stream must have waited for the allocation's stream; freeing waits for what it
  /// has by then.
  void also_used_on(std::shared_ptr<Stream> other);

  DeviceView view() const { return {pointer_, bytes_}; }
  DevicePointer pointer() const { return pointer_; }
  size_t size() const { return bytes_; }
  const std::shared_ptr<Stream>& stream() const { return stream_; }

 private:
  void release() noexcept;
  void wait_for_others() noexcept;
  bool is_pooled() const { return source_ == Source::pool && stream_->device().pool() != nullptr; }

  std::shared_ptr<Stream> stream_;
  std::vector<std::shared_ptr<Stream>> others_;
  DevicePointer pointer_ = 0;
  size_t bytes_ = 0;
  Source source_ = Source::pool;
};

/// Page-locked host memory, which copies run from and to at full speed beside the host's work. Slow to make (it locks
/// pages): keep it. Destroying it waits for the device, whose copies may still need it. Move-only.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  PinnedBuffer(std::shared_ptr<Device> device, size_t bytes);
  ~PinnedBuffer() { release(); }
  PinnedBuffer(PinnedBuffer&& other) noexcept { *this = std::move(other); }
  PinnedBuffer& operator=(PinnedBuffer&& other) noexcept;

  char* data() const { return data_; }
  size_t size() const { return bytes_; }

 private:
  void release() noexcept;

  std::shared_ptr<Device> device_;
  char* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace fuseval::runtime::cuda

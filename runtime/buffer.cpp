#include "runtime/buffer.hpp"

#include <fmt/format.h>

#include <utility>

#include "ir/error.hpp"
#include "runtime/block_pool.hpp"

namespace fuseval::runtime {

Buffer::Buffer(size_t bytes) : size_(bytes) {
  const Block block = acquire_block(bytes);
  if (!block.data) throw Error(ErrorCode::memory, fmt::format("cannot allocate {} bytes", bytes));
  data_ = block.data;
  capacity_ = block.capacity;
}

Buffer::~Buffer() {
  if (data_) release_block({data_, capacity_});
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  Buffer moved(std::move(other));
  std::swap(data_, moved.data_);
  std::swap(size_, moved.size_);
  std::swap(capacity_, moved.capacity_);
  return *this;
}

AddressRange address_range(const ArrayView& view) {
  uintptr_t begin = reinterpret_cast<uintptr_t>(view.data);
  uintptr_t end = begin + static_cast<uintptr_t>(size_of(view.dtype));
  for (size_t k = 0; k < view.shape.size(); ++k) {
    if (view.shape[k] == 0) return {};
    const int64_t reach = (view.shape[k] - 1) * view.strides[k];
    (reach < 0 ? begin : end) += static_cast<uintptr_t>(reach);
  }
  return {begin, end};
}

}  // namespace fuseval::runtime

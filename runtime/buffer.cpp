#include "runtime/buffer.hpp"

#include <fmt/format.h>

#include <utility>

#include "ir/checked.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"
#include "ir/layout.hpp"
#include "runtime/block_pool.hpp"
#include "runtime/host_hooks.hpp"

namespace fuseval::runtime {
namespace {

constexpr size_t alignment = 64;

Block host_block(const HostAllocator& allocator, size_t bytes) {
  const size_t capacity = bytes == 0 ? 1 : bytes;
  void* memory = call_hook("allocate", [&] { return allocator.allocate(allocator.user, capacity, alignment); });
  if (reinterpret_cast<uintptr_t>(memory) % alignment == 0) return {static_cast<char*>(memory), capacity};
  call_hook("deallocate", [&] { allocator.deallocate(allocator.user, memory, capacity); });
  throw Error(ErrorCode::hook, fmt::format("the allocate hook gave memory that is not {}-byte aligned", alignment));
}

void give_back(const HostAllocator& allocator, char* memory, size_t bytes) noexcept {
  try {
    call_hook("deallocate", [&] { allocator.deallocate(allocator.user, memory, bytes); });
  } catch (...) {  // there is nobody left to be told
  }
}

}  // namespace

Buffer::Buffer(size_t bytes, const HostAllocator* allocator) : size_(bytes), allocator_(allocator) {
  const Block block = allocator ? host_block(*allocator, bytes) : acquire_block(bytes);
  if (!block.data) throw Error(ErrorCode::memory, fmt::format("cannot allocate {}", counted(bytes, "byte")));
  data_ = block.data;
  capacity_ = block.capacity;
}

Buffer::~Buffer() {
  if (!data_) return;
  if (allocator_)
    give_back(*allocator_, data_, capacity_);
  else
    release_block({data_, capacity_});
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      allocator_(other.allocator_) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  Buffer moved(std::move(other));
  std::swap(data_, moved.data_);
  std::swap(size_, moved.size_);
  std::swap(capacity_, moved.capacity_);
  std::swap(allocator_, moved.allocator_);
  return *this;
}

AddressRange address_range(const ArrayView& view) {
  const auto extent = extent_of({view.shape, view.strides}, size_of(view.dtype));
  if (!extent) refuse_size();
  if (extent->begin == extent->end) return {};
  const auto data = reinterpret_cast<uintptr_t>(view.data);
  return {data + static_cast<uintptr_t>(extent->begin), data + static_cast<uintptr_t>(extent->end)};
}

}  // namespace fuseval::runtime

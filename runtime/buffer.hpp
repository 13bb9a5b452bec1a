// Owned memory for results and temporaries, from a pool; and the strided view that everything else speaks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/dtype.hpp"
#include "ir/shape.hpp"

namespace fuseval::runtime {

struct HostAllocator;

/// 64-byte aligned memory (2 MiB-aligned with transparent huge pages when large), returned to a process-wide pool when
/// destroyed: fresh pages cost more than most kernels. Contents are not cleared. Move-only. Throws Error(memory), and
/// Error(hook) for what an allocator does wrong.
class Buffer {
 public:
  Buffer() = default;
  /// From `allocator`, which must outlive the buffer, if there is one.
  explicit Buffer(size_t bytes, const HostAllocator* allocator = nullptr);
  ~Buffer();
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;

  char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
  const HostAllocator* allocator_ = nullptr;
};

/// Bytes that the pool keeps for reuse at most (default: 1/8 of physical memory; what is above goes back at once).
void set_pool_limit(size_t bytes);
/// Bytes that it holds now.
size_t pool_bytes();
/// Gives all of it back.
void trim_pool();

/// A strided array in somebody's memory; strides in bytes, as NumPy's.
struct ArrayView {
  char* data = nullptr;
  DType dtype = DType::float64;
  Shape shape;
  std::vector<int64_t> strides;
  bool readonly = false;
  bool mapped = false;  ///< a file mapping that may fault
};

/// Half-open range of addresses that the view's elements lie in; begin == end when it has none.
struct AddressRange {
  uintptr_t begin = 0;
  uintptr_t end = 0;
};
AddressRange address_range(const ArrayView& view);

}  // namespace fuseval::runtime

// Views: what programs take as arrays and scalars.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <type_traits>
#include <vector>

#include "fuseval/dtype.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

/// An array or scalar in somebody's memory, as programs take it. Makes no copy of arrays, and one of scalars.
class View {
 public:
  View() = default;
  View(const View&) = default;
  View(View&&) noexcept = default;
  View& operator=(const View&) = default;
  View& operator=(View&&) noexcept = default;
  ~View() = default;

  /// `byte_strides` may be empty: C order.
  View(void* data, DType dtype, const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& byte_strides,
       std::uint32_t flags = 0)
      : data_(data), dtype_(dtype), flags_(flags), has_strides_(!byte_strides.empty()) {
    if (has_strides_ && byte_strides.size() != shape.size())
      throw Error(FV_ERROR_ARGUMENT, "a view of " + std::to_string(shape.size()) + " dimensions has " +
                                         std::to_string(byte_strides.size()) + " strides");
    set_rank(shape.size());
    if (shape.empty()) return;
    std::copy_n(shape.data(), shape.size(), numbers());
    if (has_strides_) std::copy_n(byte_strides.data(), shape.size(), numbers() + shape.size());
  }

  /// C order, with the extents given one by one: allocates nothing up to 4 dimensions.
  template <std::size_t rank>
  View(void* data, DType dtype, const std::array<std::int64_t, rank>& shape, std::uint32_t flags)
      : data_(data), dtype_(dtype), flags_(flags) {
    set_rank(rank);
    for (std::size_t k = 0; k < rank; ++k) numbers()[k] = shape[k];
  }

  explicit View(const fv_view& raw)
      : data_(raw.data),
        dtype_(static_cast<DType>(raw.dtype)),
        flags_(raw.flags),
        device_type_(raw.device_type),
        device_id_(raw.device_id),
        has_strides_(raw.byte_strides != nullptr) {
    const auto rank = static_cast<std::size_t>(raw.rank);
    set_rank(rank);
    if (rank == 0) return;
    std::copy_n(raw.shape, rank, numbers());
    if (has_strides_) std::copy_n(raw.byte_strides, rank, numbers() + rank);
  }

  template <class T>
  static View of_scalar(T value, std::uint32_t flags) {
    View result;
    result.dtype_ = dtype_of<T>();
    result.flags_ = flags;
    result.is_scalar_ = true;
    static_assert(sizeof(T) <= sizeof result.scalar_);
    std::memcpy(&result.scalar_, &value, sizeof value);
    return result;
  }

  /// An array of which nothing but dtype and shape is known: for result_types. A call that needs its elements fails
  /// with FV_ERROR_INVALID_HANDLE.
  static View without_data(DType dtype, const std::vector<std::int64_t>& shape) {
    View result(nullptr, dtype, shape, {});
    result.is_without_data_ = true;
    return result;
  }

  DType dtype() const { return dtype_; }

  /// This view, if all its elements lie in these bytes; else Error(FV_ERROR_INVALID_HANDLE).
  View within(const void* memory, std::size_t bytes) const {
    const auto room = static_cast<std::int64_t>(bytes);
    const std::int64_t first = address_of(data_) - address_of(memory);
    const Span span = reach();
    if (span.is_empty || (!span.is_too_far && first + span.begin >= 0 && first + span.end <= room)) return *this;
    throw Error(FV_ERROR_INVALID_HANDLE, "the view leaves its memory of " + std::to_string(bytes) + " bytes");
  }
  /// The same for what std::data and std::size take.
  template <class Container>
  View within(const Container& container) const {
    return within(std::data(container), std::size(container) * sizeof(*std::data(container)));
  }

  /// Points into this object.
  fv_view raw() const {
    static char nothing;  // arrays without elements may have no address; to the C ABI, none means something else
    const bool strides = has_strides_ && rank_ > 0;
    void* address = is_scalar_ ? const_cast<unsigned char*>(scalar_) : data_;
    return {address || is_without_data_ ? address : &nothing,
            static_cast<std::int32_t>(dtype_),
            static_cast<std::int32_t>(rank_),
            rank_ > 0 ? numbers() : nullptr,
            strides ? numbers() + rank_ : nullptr,
            device_type_,
            device_id_,
            flags_};
  }

 private:
  struct Span {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool is_empty = false;
    bool is_too_far = false;  ///< beyond any memory
  };

  static std::int64_t address_of(const void* memory) {
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(memory));
  }

  /// Bytes relative to the data pointer that the elements take.
  Span reach() const {
    Span span{0, fv_dtype_size(static_cast<std::int32_t>(dtype_))};
    std::int64_t stride = span.end;  // of C order, unless there are others
    for (std::size_t k = rank_; k-- > 0;) {
      const std::int64_t extent = numbers()[k];
      if (extent == 0) span.is_empty = true;
      if (extent < 0) span.is_too_far = true;  // no array has one; the C ABI names the axis
      if (has_strides_) stride = numbers()[rank_ + k];
      std::int64_t distance = 0;
      std::int64_t& far = stride < 0 ? span.begin : span.end;
      if (extent > 0 && (__builtin_mul_overflow(extent - 1, stride, &distance) ||
                         __builtin_add_overflow(far, distance, &far) || far > farthest || far < -farthest))
        span.is_too_far = true;
      if (!has_strides_ && __builtin_mul_overflow(stride, extent, &stride)) span.is_too_far = true;
    }
    return span;
  }
  static constexpr std::int64_t farthest = std::int64_t{1} << 60;

  void set_rank(std::size_t rank) {
    rank_ = rank;
    const std::size_t wanted = has_strides_ ? 2 * rank : rank;
    if (wanted > few_.size()) many_.resize(wanted);
  }
  std::int64_t* numbers() { return many_.empty() ? few_.data() : many_.data(); }
  const std::int64_t* numbers() const { return many_.empty() ? few_.data() : many_.data(); }

  void* data_ = nullptr;
  DType dtype_ = DType::float64;
  std::uint32_t flags_ = 0;
  std::int32_t device_type_ = FV_DEVICE_CPU;
  std::int32_t device_id_ = 0;
  bool has_strides_ = false;
  bool is_scalar_ = false;
  bool is_without_data_ = false;
  std::size_t rank_ = 0;
  alignas(8) unsigned char scalar_[16] = {};
  std::array<std::int64_t, 4> few_{};  ///< shape, then strides
  std::vector<std::int64_t> many_{};   ///< the same when they are more
};

/// A strided array: any layout, strides in bytes (negative, zero and unaligned ones too); empty strides: C order.
/// A pointer to const makes an input only.
template <class T>
View view(T* data, const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& byte_strides = {}) {
  void* address = const_cast<std::remove_cv_t<T>*>(data);
  return View(address, dtype_of<T>(), shape, byte_strides, std::is_const_v<T> ? FV_VIEW_READONLY : 0u);
}

}  // namespace abi_0
}  // namespace fuseval

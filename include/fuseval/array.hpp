// Arrays that own their memory: results of an evaluation together, others each its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "fuseval/dtype.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

/// Elements one after the other, in C order.
template <class T>
class Values {
 public:
  Values(const T* data, std::size_t size) : data_(data), size_(size) {}
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  const T& operator[](std::size_t index) const { return data_[index]; }

 private:
  const T* data_;
  std::size_t size_;
};

/// A result, which owns its memory or refers to the output that it was written into; or an array made by to_device,
/// to_host and their like. Movable, not copyable. Elements are read on the host only: an array on a device is first
/// copied by to_host.
class Array {
 public:
  Array() = default;
  Array(Array&&) noexcept = default;
  Array& operator=(Array&&) noexcept = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  DType dtype() const { return static_cast<DType>(whole().dtype); }
  int rank() const { return whole().rank; }
  std::vector<std::int64_t> shape() const { return {whole().shape, whole().shape + whole().rank}; }
  std::vector<std::int64_t> byte_strides() const { return {whole().byte_strides, whole().byte_strides + whole().rank}; }
  View view() const { return View(whole()); }
  bool is_on_host() const { return whole().device_type == FV_DEVICE_CPU; }
  fv_device_type device_type() const { return static_cast<fv_device_type>(whole().device_type); }
  /// Number of the device among those of its type.
  int device_id() const { return whole().device_id; }

  /// Number of elements.
  std::size_t size() const {
    std::int64_t count = 1;
    for (int k = 0; k < whole().rank; ++k) count *= whole().shape[k];
    return static_cast<std::size_t>(count);
  }

  bool is_contiguous() const {
    std::int64_t step = fv_dtype_size(whole().dtype);
    for (int k = whole().rank; k-- > 0;) {
      if (whole().shape[k] == 0) return true;
      if (whole().shape[k] != 1 && whole().byte_strides[k] != step) return false;
      step *= whole().shape[k];
    }
    return true;
  }

  /// The first element. T must be the result's element type.
  template <class T>
  const T* data() const {
    require_dtype(dtype_of<T>());
    return static_cast<const T*>(host_data());
  }

  /// All elements in C order, in place. Results in fresh memory always are contiguous.
  template <class T>
  Values<T> values() const {
    if (!is_contiguous()) throw Error(FV_ERROR_ARGUMENT, "the result is not contiguous; use to_vector()");
    return {data<T>(), size()};
  }

  /// A copy of all elements in C order, converted to T as item() converts.
  template <class T>
  std::vector<T> to_vector() const {
    static_assert(!std::is_same_v<T, bool>, "fuseval: std::vector<bool> stores bits; use values<bool>()");
    constexpr DType wanted = dtype_of<T>();
    std::vector<T> result;
    result.reserve(size());
    const auto append = [&](T element) { result.push_back(element); };
    if (dtype() == wanted)
      walk(0, static_cast<const char*>(host_data()),
           [&](const char* at) { append(converted<T, T>(at, "to_vector()")); });
    else if (!each_element<T>("to_vector()", append))
      refuse_conversion<T>("to_vector()");
    return result;
  }

  /// One element by its index, negative ones counting from the end.
  template <class T, class... Index>
  T at(Index... index) const {
    const std::array<std::int64_t, sizeof...(Index)> indices{static_cast<std::int64_t>(index)...};
    return at_indices<T>(indices.data(), static_cast<int>(indices.size()));
  }

  /// The only element as a C++ number, by NumPy's casting of one kind: from bool to integer to floating, and between
  /// sizes of one kind, never to a lesser kind. An integer must fit. Error(dtype) and Error(value) say what to do
  /// instead.
  template <class T>
  T item() const {
    static_assert(std::is_arithmetic_v<T>, "fuseval: item() gives bool, integer and floating types");
    if (size() != 1) throw Error(FV_ERROR_SHAPE, "item() needs one element; the result has " + std::to_string(size()));
    T value{};
    const auto keep = [&](T element) { value = element; };
    if (!each_element<T>("item()", keep)) refuse_conversion<T>("item()");
    return value;
  }

  /// Takes the handle over.
  explicit Array(detail::Handle<fv_array, fv_array_release> handle) {
    detail::check([&](fv_error** error) { return fv_array_view(handle.get(), &view_, error); });
    owner_ = std::shared_ptr<const void>(std::move(handle));
  }

 protected:
  Array(std::shared_ptr<const fv_results> owner, const fv_view& raw) : owner_(std::move(owner)), view_(raw) {}

  /// A place that holds no single result: several, or none.
  Array(std::shared_ptr<const fv_results> owner, int count) : owner_(std::move(owner)), count_(count) {}

  static Array result(const std::shared_ptr<const fv_results>& owner, int index) {
    fv_view raw{};
    detail::check([&](fv_error** error) { return fv_results_view(owner.get(), index, &raw, error); });
    return Array(owner, raw);
  }

  static Array results(const std::shared_ptr<const fv_results>& owner) {
    const int count = fv_results_count(owner.get());
    return count == 1 ? result(owner, 0) : Array(owner, count);
  }

  /// The results that it is one of; a Result always is.
  std::shared_ptr<const fv_results> owner() const { return std::static_pointer_cast<const fv_results>(owner_); }

 private:
  const void* host_data() const {
    if (!is_on_host()) throw Error(FV_ERROR_ARGUMENT, "the array is on a device; copy it by to_host() to read it");
    return whole().data;
  }

  const fv_view& whole() const {
    if (count_ != 1 || !owner_)
      throw Error(FV_ERROR_ARGUMENT, owner_ ? "there are " + std::to_string(count_) +
                                                  " results: choose one by result[i] or take all by unpack<n>()"
                                            : std::string("the array is empty: it was moved from, or never made"));
    return view_;
  }

  void require_dtype(DType wanted) const {
    if (dtype() != wanted)
      throw Error(FV_ERROR_DTYPE, "the result is " + name_of(dtype()) + ", not " + name_of(wanted));
  }

  /// f(address) of each element in C order.
  template <class F>
  void walk(int axis, const char* data, const F& f) const {
    if (axis == view_.rank) return f(data);
    for (std::int64_t i = 0; i < view_.shape[axis]; ++i) walk(axis + 1, data + i * view_.byte_strides[axis], f);
  }

  /// f(element as a T) of each in C order; false: its dtype is none of a C++ number.
  template <class T, class F>
  bool each_element(const char* caller, const F& f) const {
    return each_of<T, F, bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t,
                   std::uint32_t, std::uint64_t, float, double>(caller, f);
  }
  template <class T, class F, class... Stored>
  bool each_of(const char* caller, const F& f) const {
    const char* data = static_cast<const char*>(host_data());
    return ((dtype() == dtype_of<Stored>() &&
             (walk(0, data, [&](const char* at) { f(converted<T, Stored>(at, caller)); }), true)) ||
            ...);
  }

  template <class T>
  T at_indices(const std::int64_t* indices, int count) const {
    if (count != rank())
      throw Error(FV_ERROR_ARGUMENT, "at() has " + std::to_string(count) + " indices; the result has " +
                                         std::to_string(rank()) + " dimensions");
    const char* address = reinterpret_cast<const char*>(data<T>());
    for (int k = 0; k < count; ++k) {
      const std::int64_t extent = view_.shape[k];
      if (indices[k] < -extent || indices[k] >= extent)
        throw Error(FV_ERROR_AXIS, "index " + std::to_string(indices[k]) + " is out of range for axis " +
                                       std::to_string(k) + " of extent " + std::to_string(extent));
      address += (indices[k] < 0 ? indices[k] + extent : indices[k]) * view_.byte_strides[k];
    }
    T value;
    std::memcpy(&value, address, sizeof value);
    return value;
  }

  template <class T>
  [[noreturn]] void refuse_conversion(const char* caller) const {
    const std::string wanted = name_of(dtype_of<T>());
    throw Error(FV_ERROR_DTYPE, caller + (" converts no " + name_of(dtype())) + " to " + wanted + ": write " + wanted +
                                    "(...) in the text, or ask for a type of the result's kind");
  }

  template <class T, class Stored>
  T converted(const char* element, const char* caller) const {
    Stored value;
    std::memcpy(&value, element, sizeof value);
    constexpr bool to_less = (std::is_same_v<T, bool> && !std::is_same_v<Stored, bool>) ||
                             (std::is_integral_v<T> && !std::is_integral_v<Stored>);
    if constexpr (to_less) {
      refuse_conversion<T>(caller);
    } else {
      const T result = static_cast<T>(value);
      if constexpr (std::is_integral_v<T> && std::is_integral_v<Stored> && !std::is_same_v<T, Stored>)
        if (static_cast<Stored>(result) != value || (result < T{}) != (value < Stored{}))
          throw Error(FV_ERROR_VALUE, caller + (": " + std::to_string(value)) + " does not fit in the requested type");
      return result;
    }
  }

  std::shared_ptr<const void> owner_{};
  fv_view view_{};
  int count_ = 1;
};

}  // namespace abi_0
}  // namespace fuseval

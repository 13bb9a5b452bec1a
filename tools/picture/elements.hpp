// All elements of an array as doubles (integers beyond 2^53 are rounded), in C order, whatever its layout.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/element.hpp"

namespace fuseval::tools {

/// A view with its strides written out. Holds the view, not the elements.
class Elements {
 public:
  explicit Elements(const View& view) : view_(view), raw_(view_.raw()) { set_strides(); }
  Elements(const Elements& other) : Elements(other.view_) {}
  Elements& operator=(const Elements&) = delete;

  DType dtype() const { return static_cast<DType>(raw_.dtype); }
  int rank() const { return raw_.rank; }
  std::int64_t extent(int axis) const { return raw_.shape[axis]; }
  std::int64_t stride(int axis) const { return strides_[static_cast<std::size_t>(axis)]; }
  const char* address() const { return static_cast<const char*>(raw_.data); }

  std::int64_t count() const {
    std::int64_t count = 1;
    for (int axis = 0; axis < rank(); ++axis) count *= extent(axis);
    return count;
  }

  /// Calls f(double) for every element.
  template <class F>
  void each(F f) const;

 private:
  void set_strides() {
    strides_.resize(static_cast<std::size_t>(rank()));
    std::int64_t step = fv_dtype_size(raw_.dtype);
    for (int axis = rank(); axis-- > 0; step *= extent(axis))
      strides_[static_cast<std::size_t>(axis)] = raw_.byte_strides ? raw_.byte_strides[axis] : step;
  }

  View view_;
  fv_view raw_;
  std::vector<std::int64_t> strides_;
};

/// As with bool arrays everywhere: any byte that is not 0 is true.
template <class T>
double number(const char* address) {
  if constexpr (std::is_same_v<T, bool>)
    return load<unsigned char>(address) != 0;
  else
    return static_cast<double>(load<T>(address));
}

inline bool is_finite(double value) { return value - value == 0; }

namespace detail {

template <class T, class F>
void each_number(const Elements& elements, int axis, const char* address, F& f) {
  if (axis == elements.rank()) return f(number<T>(address));
  const std::int64_t extent = elements.extent(axis), stride = elements.stride(axis);
  if (axis + 1 < elements.rank()) {
    for (std::int64_t i = 0; i < extent; ++i) each_number<T>(elements, axis + 1, address + i * stride, f);
  } else {
    for (std::int64_t i = 0; i < extent; ++i) f(number<T>(address + i * stride));
  }
}

}  // namespace detail

template <class F>
void Elements::each(F f) const {
  if (count() == 0) return;
  with_element_type(dtype(), [&](auto example) { detail::each_number<decltype(example)>(*this, 0, address(), f); });
}

}  // namespace fuseval::tools

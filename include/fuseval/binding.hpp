// What can be bound to a name or written into: the views of C++ values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "fuseval/distribution.hpp"
#include "fuseval/dtype.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/scalar.hpp"
#include "fuseval/traits.hpp"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

class Array;
class DistributedArray;
class NpyFile;

namespace detail {

template <class T>
inline constexpr bool never = false;

template <class T, class = void>
struct IsContiguous : std::false_type {};
template <class T>
struct IsContiguous<T, std::void_t<decltype(*std::data(std::declval<T&>())), decltype(std::size(std::declval<T&>()))>>
    : std::true_type {};

template <class T>
struct IsBoolVector : std::false_type {};
template <class Allocator>
struct IsBoolVector<std::vector<bool, Allocator>> : std::true_type {};

template <class T, std::size_t... axis>
std::array<std::int64_t, sizeof...(axis)> extents(std::index_sequence<axis...>) {
  return {static_cast<std::int64_t>(std::extent_v<T, axis>)...};
}

template <class Element>
View contiguous(Element* data, std::size_t size) {
  static_assert(dtype_number<std::remove_cv_t<Element>>() >= 0,
                "fuseval: an array cannot have elements of the type in this container");
  const std::uint32_t flags = std::is_const_v<Element> ? FV_VIEW_READONLY : 0u;
  return View(const_cast<std::remove_cv_t<Element>*>(data), dtype_of<Element>(),
              std::array<std::int64_t, 1>{static_cast<std::int64_t>(size)}, flags);
}

template <class T>
inline constexpr bool is_distributed = std::is_same_v<std::remove_cv_t<std::remove_reference_t<T>>, DistributedArray>;

/// The view of anything that has all its elements here. T is const-qualified where the value is.
template <class T>
View view_of(T& value) {
  using Plain = std::remove_cv_t<T>;
  if constexpr (std::is_same_v<Plain, View>) {
    return value;
  } else if constexpr (is_distributed<T>) {
    static_assert(never<T>, "fuseval: a distributed array has only a part here; use its local() for that part");
    return {};
  } else if constexpr (HasTraits<T>::value) {
    return ViewTraits<Plain>::view(value);
  } else if constexpr (std::is_base_of_v<Array, Plain> || std::is_same_v<Plain, NpyFile>) {
    return value.view();
  } else if constexpr (std::is_arithmetic_v<Plain>) {
    return weak_scalar<Plain>(value);
  } else if constexpr (std::is_array_v<T>) {
    using Element = std::remove_all_extents_t<T>;
    const std::uint32_t flags = std::is_const_v<Element> ? FV_VIEW_READONLY : 0u;
    return View(const_cast<std::remove_cv_t<Element>*>(reinterpret_cast<Element*>(&value)), dtype_of<Element>(),
                extents<T>(std::make_index_sequence<std::rank_v<T>>{}), flags);
  } else if constexpr (IsBoolVector<Plain>::value) {
    static_assert(never<T>,
                  "fuseval: std::vector<bool> stores bits, not bools; use std::vector<std::uint8_t> with "
                  "fuseval::view(reinterpret_cast<bool*>(v.data()), {n}), or std::array<bool, n>");
    return {};
  } else if constexpr (IsContiguous<T>::value) {
    return contiguous(std::data(value), std::size(value));
  } else {
    static_assert(never<T>,
                  "fuseval: this type cannot be bound; use fuseval::view(pointer, shape, byte_strides), or "
                  "specialise fuseval::ViewTraits");
    return {};
  }
}

/// What a call takes: of a distributed array, this rank's part.
template <class T>
View input_of(T& value) {
  if constexpr (is_distributed<T>)
    return value.local();
  else
    return view_of(value);
}

/// The elements of a container, as a call takes them: what a View of one dimension is, without room for more.
struct Flat {
  void* data;
  std::int64_t size;
  DType dtype;
  std::uint32_t flags;

  /// Points into this object.
  fv_view raw() const {
    static char nothing;  // as in View
    return {data ? data : &nothing, static_cast<std::int32_t>(dtype), 1, &size, nullptr, FV_DEVICE_CPU, 0, flags};
  }
};

template <class T>
inline constexpr bool is_flat =
    IsContiguous<const T>::value && !HasTraits<const T>::value && !std::is_array_v<T> && !std::is_same_v<T, View> &&
    !is_distributed<T> && !IsBoolVector<T>::value && !std::is_base_of_v<Array, T> && !std::is_same_v<T, NpyFile>;

/// An input of a call: a Flat, or a View.
template <class T>
auto operand_of(const T& value) {
  if constexpr (is_flat<T>) {
    using Element = std::remove_cv_t<std::remove_pointer_t<decltype(std::data(value))>>;
    static_assert(dtype_number<Element>() >= 0, "fuseval: an array cannot have elements of the type in this container");
    return Flat{const_cast<Element*>(std::data(value)), static_cast<std::int64_t>(std::size(value)),
                dtype_of<Element>(), FV_VIEW_READONLY};
  } else {
    return input_of(value);
  }
}

/// What a query takes: of a distributed array, the whole, which no rank has.
template <class T>
View whole_of(const T& value) {
  if constexpr (is_distributed<T>)
    return View::without_data(value.dtype(), value.shape());
  else
    return view_of(value);
}

/// None but a distributed array's.
template <class T>
Distribution distribution_of(const T& value) {
  if constexpr (is_distributed<T>)
    return value.distribution();
  else
    return {};
}

template <class T, class Plain = std::remove_cv_t<std::remove_reference_t<T>>>
View output_of(T&& value) {
  static_assert(!std::is_arithmetic_v<Plain>, "fuseval: a scalar cannot be an output; use fuseval::view(&x, {})");
  static_assert(!std::is_base_of_v<Array, Plain>, "fuseval: results are immutable and cannot be outputs");
  const View result = input_of(value);
  if ((result.raw().flags & FV_VIEW_READONLY) != 0) throw Error(FV_ERROR_ARGUMENT, "an output refers to constant data");
  if (result.raw().data == nullptr) throw Error(FV_ERROR_ARGUMENT, "an output has no memory");
  return result;
}

/// An output of a call: a Flat, or a View.
template <class T>
auto output_operand_of(T&& value) {
  if constexpr (is_flat<std::remove_cv_t<std::remove_reference_t<T>>>) {
    if constexpr (std::is_const_v<std::remove_pointer_t<decltype(std::data(value))>>)
      throw Error(FV_ERROR_ARGUMENT, "an output refers to constant data");
    Flat flat = operand_of(value);
    flat.flags = 0;
    return flat;
  } else {
    return output_of(std::forward<T>(value));
  }
}

template <class... T>
constexpr void require_lasting() {
  static_assert(((std::is_lvalue_reference_v<T> || std::is_same_v<std::decay_t<T>, View> || is_distributed<T>)&&...),
                "fuseval: an output that is a temporary would be lost; use a variable or fuseval::view");
}

}  // namespace detail

/// A name and what it stands for.
class Binding {
 public:
  template <class T>
  Binding(std::string name, const T& value)
      : name_(std::move(name)), view_(detail::input_of(value)), distribution_(detail::distribution_of(value)) {}

  const std::string& name() const { return name_; }
  const View& view() const { return view_; }
  /// Of a distributed array, whose view is this rank's part; else replicated.
  const Distribution& distribution() const { return distribution_; }

 private:
  std::string name_;
  View view_;
  Distribution distribution_;
};

/// {{"a", a}, {"b", b}}, or built name by name.
class Bindings {
 public:
  Bindings() = default;
  Bindings(std::initializer_list<Binding> list) : list_(list) {}

  template <class T>
  Bindings& add(std::string name, const T& value) {
    list_.emplace_back(std::move(name), value);
    return *this;
  }
  const std::vector<Binding>& list() const { return list_; }

 private:
  std::vector<Binding> list_{};
};

/// Where results are written to instead of fresh memory; made by into().
class Outputs {
 public:
  Outputs() = default;
  explicit Outputs(std::vector<View> views, std::vector<Distribution> distributions = {})
      : views_(std::move(views)), distributions_(std::move(distributions)) {}
  const std::vector<View>& views() const { return views_; }
  /// Empty, or one an output: of distributed arrays, whose views are this rank's parts.
  const std::vector<Distribution>& distributions() const { return distributions_; }

 private:
  std::vector<View> views_{};
  std::vector<Distribution> distributions_{};
};

/// Containers, C arrays, views and distributed arrays, one for each result. They are written to, not resized.
template <class... T>
Outputs into(T&&... outputs) {
  detail::require_lasting<T...>();
  if constexpr ((detail::is_distributed<T> || ...))
    return Outputs({detail::output_of(outputs)...}, {detail::distribution_of(outputs)...});
  else
    return Outputs({detail::output_of(outputs)...});
}

}  // namespace abi_0
}  // namespace fuseval

// Array types of other libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

/// Specialise it to bind a type of your own, or write into it, by its name alone:
///   template <> struct fuseval::ViewTraits<Image> {
///     static View view(const Image& x) { return fuseval::view(x.pixels(), {x.height(), x.width()}, {x.pitch(), 4}); }
///     static View view(Image& x) { ... the same; a pointer to const makes an input only }
///   };
template <class T, class = void>
struct ViewTraits {};

namespace detail {

/// std::mdspan and its like: extents and strides are counted in elements.
template <class T, class = void>
struct IsMdspan : std::false_type {};
template <class T>
struct IsMdspan<T, std::void_t<decltype(*std::declval<const T&>().data_handle()),
                               decltype(std::declval<const T&>().extent(std::size_t{})),
                               decltype(std::declval<const T&>().stride(std::size_t{})), decltype(T::rank())>>
    : std::is_pointer<std::remove_cv_t<std::remove_reference_t<decltype(std::declval<const T&>().data_handle())>>> {};

}  // namespace detail

template <class T>
struct ViewTraits<T, std::enable_if_t<detail::IsMdspan<T>::value>> {
  static View view(const T& value) {
    using Element = std::remove_pointer_t<std::remove_reference_t<decltype(value.data_handle())>>;
    constexpr auto rank = static_cast<std::size_t>(T::rank());
    std::vector<std::int64_t> shape(rank), strides(rank);
    for (std::size_t axis = 0; axis < rank; ++axis) {
      shape[axis] = static_cast<std::int64_t>(value.extent(axis));
      strides[axis] = static_cast<std::int64_t>(value.stride(axis)) * static_cast<std::int64_t>(sizeof(Element));
    }
    return fuseval::view(value.data_handle(), shape, strides);
  }
};

namespace detail {

/// T is const-qualified where the value is.
template <class T, class = void>
struct HasTraits : std::false_type {};
template <class T>
struct HasTraits<T, std::void_t<decltype(ViewTraits<std::remove_cv_t<T>>::view(std::declval<T&>()))>> : std::true_type {
};

}  // namespace detail

}  // namespace abi_0
}  // namespace fuseval

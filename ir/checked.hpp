// Arithmetic on sizes, extents, strides and offsets that cannot wrap. What is allocated, compared with a limit or added
// to an address is computed with the checked functions, which throw Error(memory); what is only estimated or printed
// with the capped ones, which stay at the largest number.
//
// Two rules make plain arithmetic safe where only one array or one loop nest is concerned. They are enforced where
// shapes and layouts enter (element_count, reach_of), and everything behind relies on them:
//
//  - the extents of a shape, with 1 in place of 0, multiply to most_elements at most: products of any of them, times
//    the bytes of an element, are below 2^60;
//  - no element of an array is farther than farthest_byte from its data pointer, and axes that do not move (an extent
//    of 0 or 1, any axis of an array without elements) have strides of C order in a plan: a stride times its extent, a
//    sum of such products over the axes, and the distance of two elements are below 2^62.
//
// Sums over several arrays, kernels, threads or ranks have no such bound.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "ir/error.hpp"

namespace fuseval {

inline constexpr int64_t most_elements = int64_t{1} << 56;
inline constexpr int64_t farthest_byte = int64_t{1} << 60;

[[noreturn]] inline void refuse_size() {
  throw Error(ErrorCode::memory, "a size that the call needs does not fit into 63 bits");
}

template <std::integral T>
T checked_add(T a, std::type_identity_t<T> b) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) refuse_size();
  return sum;
}

template <std::integral T>
T checked_multiply(T a, std::type_identity_t<T> b) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) refuse_size();
  return product;
}

/// The next multiple of `step`; neither is negative.
template <std::integral T>
T checked_round_up(T value, std::type_identity_t<T> step) {
  return checked_add(value, step - 1) / step * step;
}

/// Whether a * b is `product`; it is not where it has no place in 64 bits.
inline bool is_product(int64_t product, int64_t a, int64_t b) {
  int64_t result = 0;
  return !__builtin_mul_overflow(a, b, &result) && result == product;
}

/// For sizes, which are not negative.
template <std::integral T>
T capped_add(T a, std::type_identity_t<T> b) {
  T sum{};
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<T>::max() : sum;
}

template <std::integral T>
T capped_multiply(T a, std::type_identity_t<T> b) {
  T product{};
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<T>::max() : product;
}

}  // namespace fuseval

// Scalars: weak ones as Python's numbers are, strong ones as NumPy's.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include "fuseval/dtype.hpp"
#include "fuseval/error.hpp"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

/// A strong 0-d scalar, as np.float32(x): its dtype takes part in promotion.
template <class T>
View scalar(T value) {
  return View::of_scalar<T>(value, FV_VIEW_READONLY);
}

namespace detail {

template <class T>
View weak_scalar(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return View::of_scalar(value, FV_VIEW_WEAK);
  } else if constexpr (std::is_integral_v<T>) {
    static_assert(!is_text<T>, "fuseval: a character is no number; convert it to an integer type");
    if constexpr (std::is_unsigned_v<T> && sizeof(T) >= 8)
      if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max()))
        throw Error(FV_ERROR_VALUE, "the integer " + std::to_string(value) +
                                        " is beyond int64; bind it as fuseval::scalar<std::uint64_t>");
    return View::of_scalar(static_cast<std::int64_t>(value), FV_VIEW_WEAK);
  } else {
    static_assert(sizeof(T) <= sizeof(double), "fuseval: long double has no dtype; convert it to double");
    return View::of_scalar(static_cast<double>(value), FV_VIEW_WEAK);
  }
}

}  // namespace detail

}  // namespace abi_0
}  // namespace fuseval

// Element types, and those of C++ types.
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <type_traits>

#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

enum class DType : std::int32_t {
  bool_ = FV_BOOL,
  int8 = FV_INT8,
  int16 = FV_INT16,
  int32 = FV_INT32,
  int64 = FV_INT64,
  uint8 = FV_UINT8,
  uint16 = FV_UINT16,
  uint32 = FV_UINT32,
  uint64 = FV_UINT64,
  float16 = FV_FLOAT16,
  float32 = FV_FLOAT32,
  float64 = FV_FLOAT64,
  complex64 = FV_COMPLEX64,
  complex128 = FV_COMPLEX128,
};

/// NumPy's name: "float64".
inline std::string name_of(DType dtype) {
  const char* name = fv_dtype_name(static_cast<std::int32_t>(dtype));
  return name ? name : "unknown";
}

namespace detail {

template <class T>
constexpr bool is_text =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
constexpr int dtype_number() {
  if constexpr (std::is_same_v<T, bool>) {
    static_assert(sizeof(bool) == 1, "NumPy's bool takes one byte");
    return FV_BOOL;
  } else if constexpr (std::is_integral_v<T> && !is_text<T> && sizeof(T) <= 8) {
    constexpr int log2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return (std::is_signed_v<T> ? FV_INT8 : FV_UINT8) + log2;
  } else if constexpr (std::is_same_v<T, float>) {
    return FV_FLOAT32;
  } else if constexpr (std::is_same_v<T, double>) {
    return FV_FLOAT64;
  } else if constexpr (std::is_same_v<T, std::complex<float>>) {
    return FV_COMPLEX64;
  } else if constexpr (std::is_same_v<T, std::complex<double>>) {
    return FV_COMPLEX128;
  } else {
    return -1;
  }
}

}  // namespace detail

/// The dtype of a C++ element type; a compile error for types that have none.
template <class T>
constexpr DType dtype_of() {
  constexpr int number = detail::dtype_number<std::remove_cv_t<T>>();
  static_assert(number >= 0,
                "fuseval: this C++ type is no array element (bool, integers of up to 64 bits, float, double, complex)");
  return static_cast<DType>(number);
}

}  // namespace abi_0
}  // namespace fuseval

// What the lowerings know about dtypes: widths, extremes, and where a float keeps its sign, exponent and mantissa.
#pragma once

#include <cstdint>

#include "codegen/emitter.hpp"

namespace fuseval::codegen {

template <class E>
using ValueOf = typename E::Value;

inline int width_of(DType dtype) { return 8 * size_of(dtype); }

/// The integer dtype of the same size.
inline DType signed_of(DType dtype) {
  switch (size_of(dtype)) {
    case 1:
      return DType::int8;
    case 2:
      return DType::int16;
    case 4:
      return DType::int32;
    default:
      return DType::int64;
  }
}
inline DType unsigned_of(DType dtype) {
  switch (size_of(dtype)) {
    case 1:
      return DType::uint8;
    case 2:
      return DType::uint16;
    case 4:
      return DType::uint32;
    default:
      return DType::uint64;
  }
}

/// Bits (zero-extended to 64) of an integer dtype's largest and smallest value.
inline uint64_t highest_bits(DType dtype) {
  return ~uint64_t{0} >> (64 - width_of(dtype) + (is_signed(dtype) ? 1 : 0));
}
inline uint64_t lowest_bits(DType dtype) { return is_signed(dtype) ? uint64_t{1} << (width_of(dtype) - 1) : 0; }

/// IEEE 754 binary32 or binary64.
struct FloatFormat {
  int mantissa;       ///< stored mantissa bits
  int bias;           ///< also the largest exponent
  uint64_t sign;      ///< mask of the sign bit
  uint64_t infinity;  ///< bits of +inf, and the mask of the exponent
  double epsilon;     ///< 2**-mantissa
};
inline FloatFormat format_of(DType dtype) {
  if (dtype == DType::float32) return {23, 127, 0x8000'0000u, 0x7f80'0000u, 0x1p-23};
  return {52, 1023, 0x8000'0000'0000'0000u, 0x7ff0'0000'0000'0000u, 0x1p-52};
}

template <Emitter E>
ValueOf<E> to_bits(ValueOf<E> x, E& e) {
  return e.bitcast(x, signed_of(e.dtype_of(x)));
}
template <Emitter E>
ValueOf<E> infinity(DType dtype, E& e) {
  return e.constant(dtype, format_of(dtype).infinity);
}
template <Emitter E>
ValueOf<E> not_a_number(DType dtype, E& e) {
  return e.constant(dtype, format_of(dtype).infinity | format_of(dtype).infinity >> 1);
}
/// x & mask, on the bits of a float.
template <Emitter E>
ValueOf<E> masked(ValueOf<E> x, uint64_t mask, E& e) {
  const ValueOf<E> bits = to_bits(x, e);
  return e.bitcast(e.bit_and(bits, e.constant(e.dtype_of(bits), mask)), e.dtype_of(x));
}
template <Emitter E>
ValueOf<E> is_nan(ValueOf<E> x, E& e) {
  return e.ne(x, x);
}

}  // namespace fuseval::codegen

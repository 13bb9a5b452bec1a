// The anatomy of the two floating-point formats, and the tricks with bits that the elementary functions share.
#pragma once

#include <cmath>
#include <limits>

#include "codegen/math/num.hpp"

namespace fuseval::codegen::math {

/// float32 or float64 as numbers. Emission-time values: they cost nothing in a kernel.
struct Format {
  DType real, bits;  // bits: the unsigned integer of the same size
  int width, fraction_bits, bias;

  uint64_t sign_mask() const { return uint64_t{1} << (width - 1); }
  uint64_t fraction_mask() const { return (uint64_t{1} << fraction_bits) - 1; }
  uint64_t exponent_mask() const { return sign_mask() - 1 - fraction_mask(); }
  /// The bits of 2^exponent, for an exponent of the normal range.
  uint64_t power_of_two(int exponent) const { return static_cast<uint64_t>(exponent + bias) << fraction_bits; }
  /// 1.5 * 2^fraction_bits: a number of magnitude below 2^(fraction_bits - 2) added to it is rounded to an integer,
  /// which then stands in the sum's low bits as two's complement. AVX2 has no other conversion between float64 and
  /// int64.
  double rounding_magic() const { return 1.5 * static_cast<double>(uint64_t{1} << fraction_bits); }
};

inline constexpr Format double_format{DType::float64, DType::uint64, 64, 52, 1023};
inline constexpr Format single_format{DType::float32, DType::uint32, 32, 23, 127};

inline const Format& format_of(DType dtype) { return dtype == DType::float32 ? single_format : double_format; }

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <Emitter E>
Num<E> bits_of(Num<E> x) {
  return x.as_bits(format_of(x.dtype()).bits);
}
template <Emitter E>
Num<E> from_bits(Num<E> bits) {
  return bits.as_bits(bits.dtype() == DType::uint32 ? DType::float32 : DType::float64);
}

/// The sign bit of x alone, as an integer.
template <Emitter E>
Num<E> sign_of(Num<E> x) {
  return bits_of(x) & format_of(x.dtype()).sign_mask();
}
/// x with its sign flipped where `sign` (sign_of's kind) has its bit.
template <Emitter E>
Num<E> flip_sign(Num<E> x, Num<E> sign) {
  return from_bits(bits_of(x) ^ sign);
}

/// An integer found by the rounding magic: as a number, and in the low bits of `shifted`.
template <Emitter E>
struct Rounded {
  Num<E> shifted, value;
};
/// x * factor rounded to an integer.
template <Emitter E>
Rounded<E> round_product(Num<E> x, double factor) {
  const double magic = format_of(x.dtype()).rounding_magic();
  const auto shifted = fma(x, factor, magic);
  return {shifted, shifted - magic};
}

/// x * 2^k for x and the result normal, k being the integer in the low bits of `shifted`.
template <Emitter E>
Num<E> scale_by_low_bits(Num<E> x, Num<E> shifted) {
  return from_bits(bits_of(x) + (bits_of(shifted) << format_of(x.dtype()).fraction_bits));
}

/// 1/x to about 1.5 %, without a division, for a positive x that is not subnormal; finite at 0. An integer subtraction
/// negates the exponent (12 % off), a Newton step squares the error. Enough to scale a residual.
template <Emitter E>
Num<E> rough_reciprocal(Num<E> x) {
  const uint64_t mirror = x.dtype() == DType::float32 ? 0x7EF311C7u : 0x7FDE623822FC16E6u;
  const auto guess = from_bits(bits_of(x).raw(mirror) - bits_of(x));
  return guess * (2.0 - x * guess);
}

}  // namespace fuseval::codegen::math

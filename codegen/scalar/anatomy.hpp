// The parts of floating-point numbers: classification, signs, neighbours, exponents. All of it is exact but ldexp,
// which rounds once.
#pragma once

#include "codegen/scalar/division.hpp"

namespace fuseval::codegen {

template <Emitter E>
ValueOf<E> lower_isinf(ValueOf<E> a, E& e) {
  return e.eq(e.abs(a), infinity(e.dtype_of(a), e));
}
template <Emitter E>
ValueOf<E> lower_isfinite(ValueOf<E> a, E& e) {
  return e.lt(e.abs(a), infinity(e.dtype_of(a), e));
}
template <Emitter E>
ValueOf<E> lower_signbit(ValueOf<E> a, E& e) {
  return e.lt(to_bits(a, e), e.integer(signed_of(e.dtype_of(a)), 0));
}

/// Up and down in magnitude are one step up and down in the bits; from a zero the step goes to the smallest subnormal
/// of b's sign.
template <Emitter E>
ValueOf<E> lower_nextafter(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a), integers = signed_of(dtype);
  const ValueOf<E> zero = e.real(dtype, 0), one = e.integer(integers, 1);
  const ValueOf<E> bits = to_bits(a, e);
  const ValueOf<E> outwards = e.bit_not(e.bit_xor(e.gt(a, zero), e.lt(a, b)));
  const ValueOf<E> stepped = e.bitcast(e.select(outwards, e.add(bits, one), e.sub(bits, one)), dtype);
  const ValueOf<E> least = with_sign_of<E>(e.bitcast(one, dtype), b, e);
  ValueOf<E> next = e.select(e.eq(a, zero), least, stepped);
  next = e.select(e.eq(a, b), b, next);
  return e.select(e.bit_or(is_nan(a, e), is_nan(b, e)), not_a_number(dtype, e), next);
}
/// The step outwards from a, minus a. Infinity's step ends in a NaN's bits, as it should; -0 steps upwards, as +0.
template <Emitter E>
ValueOf<E> lower_spacing(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a), integers = signed_of(dtype);
  const ValueOf<E> positive_zero = e.add(a, e.real(dtype, 0));
  const ValueOf<E> outwards = e.bitcast(e.add(to_bits(positive_zero, e), e.integer(integers, 1)), dtype);
  return e.sub(outwards, a);
}

/// 2**n as a float of this dtype; n has its signed integer dtype and 2**n is normal.
template <Emitter E>
ValueOf<E> power_of_two(ValueOf<E> n, DType dtype, E& e) {
  const FloatFormat format = format_of(dtype);
  const DType integers = signed_of(dtype);
  const ValueOf<E> biased = e.add(n, e.integer(integers, format.bias));
  return e.bitcast(e.shift_left(biased, e.integer(integers, format.mantissa)), dtype);
}
template <Emitter E>
ValueOf<E> clamped(ValueOf<E> n, int64_t low, int64_t high, E& e) {
  const DType dtype = e.dtype_of(n);
  const ValueOf<E> lowest = e.integer(dtype, low), highest = e.integer(dtype, high);
  const ValueOf<E> from_below = e.select(e.lt(n, lowest), lowest, n);
  return e.select(e.gt(from_below, highest), highest, from_below);
}
/// The part of the exponent n that one multiplication takes: all of it where 2**n is normal. A more negative n leaves
/// at least -54 (float32: -25) to the next one: if this one lands among the subnormals and rounds, the next gives 0, so
/// that no result is rounded twice.
template <Emitter E>
ValueOf<E> exponent_share(ValueOf<E> n, DType dtype, E& e) {
  const FloatFormat format = format_of(dtype);
  const DType integers = e.dtype_of(n);
  const int lowest = 1 - format.bias;
  const ValueOf<E> down = e.integer(integers, lowest + format.mantissa + 1);
  const ValueOf<E> up = e.integer(integers, format.bias);
  const ValueOf<E> not_above = e.select(e.gt(n, up), up, n);
  return e.select(e.lt(n, e.integer(integers, lowest)), down, not_above);
}
template <Emitter E>
ValueOf<E> lower_ldexp(ValueOf<E> a, ValueOf<E> n, E& e) {
  const DType dtype = e.dtype_of(a);
  // Beyond these every result is 0 or infinite; inside them three shares suffice.
  const int bound = dtype == DType::float32 ? 300 : 2200;
  ValueOf<E> exponent = e.convert(clamped(n, -bound, bound, e), signed_of(dtype));
  for (int k = 0; k < 3; ++k) {
    const ValueOf<E> share = exponent_share(exponent, dtype, e);
    a = e.mul(a, power_of_two(share, dtype, e));
    exponent = e.sub(exponent, share);
  }
  return a;
}

/// A number scaled out of the subnormals, and whether it had to be.
template <class E>
struct Normalised {
  ValueOf<E> value;
  ValueOf<E> was_subnormal;
  int scale;  ///< of those, a power of two
};
template <Emitter E>
Normalised<E> normalised(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a);
  const FloatFormat format = format_of(dtype);
  const int scale = format.mantissa + 2;
  const ValueOf<E> smallest_normal = e.constant(dtype, uint64_t{1} << format.mantissa);
  const ValueOf<E> subnormal = e.lt(e.abs(a), smallest_normal);
  const ValueOf<E> scaled = e.mul(a, e.real(dtype, static_cast<double>(uint64_t{1} << scale)));
  return {e.select(subnormal, scaled, a), subnormal, scale};
}
/// Zeros, infinities and NaNs have no exponent of their own: frexp gives them back, with 0.
template <Emitter E>
ValueOf<E> has_exponent(ValueOf<E> a, E& e) {
  return e.bit_and(lower_isfinite(a, e), e.ne(a, e.real(e.dtype_of(a), 0)));
}
template <Emitter E>
ValueOf<E> lower_frexp_mantissa(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a);
  const FloatFormat format = format_of(dtype);
  const ValueOf<E> fraction = masked(normalised(a, e).value, ~format.infinity & (format.sign | (format.sign - 1)), e);
  const ValueOf<E> half = to_bits<E>(e.real(dtype, 0.5), e);
  return e.select(has_exponent(a, e), e.bitcast(e.bit_or(to_bits<E>(fraction, e), half), dtype), a);
}
template <Emitter E>
ValueOf<E> lower_frexp_exponent(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a), integers = signed_of(dtype);
  const FloatFormat format = format_of(dtype);
  const Normalised<E> number = normalised(a, e);
  const ValueOf<E> bits = to_bits<E>(e.abs(number.value), e);
  const ValueOf<E> field = e.shift_right(bits, e.integer(integers, format.mantissa));
  const ValueOf<E> offset = e.select(number.was_subnormal, e.integer(integers, format.bias - 1 + number.scale),
                                     e.integer(integers, format.bias - 1));
  const ValueOf<E> exponent = e.select(has_exponent(a, e), e.sub(field, offset), e.integer(integers, 0));
  return e.convert(exponent, DType::int32);
}

}  // namespace fuseval::codegen

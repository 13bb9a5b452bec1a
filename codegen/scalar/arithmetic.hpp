// Signs, powers of integers, reciprocals, gcd and lcm.
#pragma once

#include <array>

#include "codegen/scalar/format.hpp"

namespace fuseval::codegen {

template <Emitter E>
ValueOf<E> lower_negative(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a);
  return is_float(dtype) ? e.neg(a) : e.sub(e.integer(dtype, 0), a);
}
/// The smallest signed integer is its own magnitude, as in NumPy.
template <Emitter E>
ValueOf<E> lower_absolute(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a);
  if (is_float(dtype)) return e.abs(a);
  if (!is_signed(dtype)) return a;
  const ValueOf<E> zero = e.integer(dtype, 0);
  return e.select(e.lt(a, zero), e.sub(zero, a), a);
}
template <Emitter E>
ValueOf<E> lower_sign(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a);
  const auto number = [&](int x) { return is_float(dtype) ? e.real(dtype, x) : e.integer(dtype, x); };
  const ValueOf<E> zero = number(0);
  if (is_unsigned(dtype)) return e.select(e.eq(a, zero), zero, number(1));
  // +0 for zeros of either sign, NaN for NaN.
  const ValueOf<E> not_positive =
      e.select(e.lt(a, zero), number(-1), is_float(dtype) ? e.select(e.eq(a, zero), zero, a) : zero);
  return e.select(e.gt(a, zero), number(1), not_positive);
}
template <Emitter E>
ValueOf<E> lower_reciprocal(ValueOf<E> a, E& e) {
  const DType dtype = e.dtype_of(a);
  if (is_float(dtype)) return e.div(e.real(dtype, 1), a);
  const ValueOf<E> one = e.integer(dtype, 1);
  ValueOf<E> unit = e.eq(a, one);
  if (is_signed(dtype)) unit = e.bit_or(unit, e.eq(a, e.integer(dtype, -1)));
  return e.select(unit, a, e.integer(dtype, 0));
}

/// Binary exponentiation, which wraps. The exponent counts as unsigned, so that the loop ends for any bits: negative
/// exponents are refused before the kernel runs.
template <Emitter E>
ValueOf<E> integer_power(ValueOf<E> base, ValueOf<E> exponent, E& e) {
  const DType dtype = unsigned_of(e.dtype_of(base));
  using State = std::array<ValueOf<E>, 3>;  // base**(2**k), the exponent's bits from k on, the product so far
  const ValueOf<E> zero = e.integer(dtype, 0), one = e.integer(dtype, 1);
  const State end = e.repeat_while(
      State{e.bitcast(base, dtype), e.bitcast(exponent, dtype), one}, [&](const State& s) { return e.ne(s[1], zero); },
      [&](const State& s) {
        const ValueOf<E> odd = e.ne(e.bit_and(s[1], one), zero);
        return State{e.mul(s[0], s[0]), e.shift_right(s[1], one), e.select(odd, e.mul(s[2], s[0]), s[2])};
      });
  return e.bitcast(end[2], e.dtype_of(base));
}

template <Emitter E>
ValueOf<E> unsigned_magnitude(ValueOf<E> a, E& e) {
  return e.bitcast(lower_absolute(a, e), unsigned_of(e.dtype_of(a)));
}
/// Euclid's algorithm on unsigned magnitudes: at most 93 steps for 64 bits.
template <Emitter E>
ValueOf<E> gcd_of_magnitudes(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  using State = std::array<ValueOf<E>, 2>;
  const ValueOf<E> zero = e.integer(dtype, 0), one = e.integer(dtype, 1);
  return e.repeat_while(
      State{a, b}, [&](const State& s) { return e.ne(s[1], zero); },
      [&](const State& s) {
        return State{s[1], e.rest(s[0], e.select(e.eq(s[1], zero), one, s[1]))};
      })[0];
}
template <Emitter E>
ValueOf<E> lower_gcd(ValueOf<E> a, ValueOf<E> b, E& e) {
  return e.bitcast(gcd_of_magnitudes<E>(unsigned_magnitude(a, e), unsigned_magnitude(b, e), e), e.dtype_of(a));
}
/// |a| / gcd * |b|, which wraps; 0 where both are 0.
template <Emitter E>
ValueOf<E> lower_lcm(ValueOf<E> a, ValueOf<E> b, E& e) {
  const ValueOf<E> x = unsigned_magnitude(a, e), y = unsigned_magnitude(b, e);
  const ValueOf<E> gcd = gcd_of_magnitudes<E>(x, y, e);
  const DType dtype = e.dtype_of(gcd);
  const ValueOf<E> divisor = e.select(e.eq(gcd, e.integer(dtype, 0)), e.integer(dtype, 1), gcd);
  return e.bitcast(e.mul(e.quotient(x, divisor), y), e.dtype_of(a));
}

}  // namespace fuseval::codegen

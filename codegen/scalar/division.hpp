// fmod, remainder and floor_divide.
//
// Integers: division by zero gives 0, and the one quotient that overflows wraps. Both are met by dividing by 1 instead
// where b is 0 or (signed) -1: the rest of a division by 1 is the 0 that is wanted, and -a, which wraps, is the
// quotient by -1.
//
// Floats: everything goes through an exact fmod of magnitudes x, y. As long as the quotient is below 2**precision,
// q = trunc(x / y) is at most 1 too large, x - q*y is a multiple of y's unit in the last place with magnitude at most
// y, and so one fma gives it exactly. Larger quotients are rare: x is brought down first by the same step with q = x /
// y rounded to nearest, whose rest is exact for the same reason and smaller than x by 2**precision.
#pragma once

#include <array>

#include "codegen/scalar/format.hpp"

namespace fuseval::codegen {

/// b, or 1 where it is 0 or, for signed integers, -1.
template <Emitter E>
ValueOf<E> harmless_divisor(ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(b);
  const ValueOf<E> one = e.integer(dtype, 1);
  ValueOf<E> harmful = e.eq(b, e.integer(dtype, 0));
  if (is_signed(dtype)) harmful = e.bit_or(harmful, e.eq(b, e.integer(dtype, -1)));
  return e.select(harmful, one, b);
}
/// A quotient truncated to zero, and its rest; b is harmless.
template <Emitter E>
std::array<ValueOf<E>, 2> truncated(ValueOf<E> a, ValueOf<E> b, E& e) {
  const ValueOf<E> quotient = e.quotient(a, b);
  return {quotient, e.sub(a, e.mul(quotient, b))};
}
/// Whether a truncated division with this rest must step down to be a floor: the rest is not 0 and b's sign is another.
template <Emitter E>
ValueOf<E> must_step_down(ValueOf<E> rest, ValueOf<E> b, E& e) {
  const ValueOf<E> zero = e.integer(e.dtype_of(b), 0);
  return e.bit_and(e.ne(rest, zero), e.lt(e.bit_xor(rest, b), zero));
}
template <Emitter E>
ValueOf<E> integer_fmod(ValueOf<E> a, ValueOf<E> b, E& e) {
  return truncated<E>(a, harmless_divisor(b, e), e)[1];
}
template <Emitter E>
ValueOf<E> integer_remainder(ValueOf<E> a, ValueOf<E> b, E& e) {
  const ValueOf<E> divisor = harmless_divisor(b, e);
  const ValueOf<E> rest = truncated<E>(a, divisor, e)[1];
  if (is_unsigned(e.dtype_of(a))) return rest;
  return e.select(must_step_down<E>(rest, divisor, e), e.add(rest, divisor), rest);
}
template <Emitter E>
ValueOf<E> integer_floor_divide(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  const ValueOf<E> zero = e.integer(dtype, 0);
  const ValueOf<E> divisor = harmless_divisor(b, e);
  auto [quotient, rest] = truncated<E>(a, divisor, e);
  if (is_signed(dtype)) {
    quotient = e.select(must_step_down<E>(rest, divisor, e), e.sub(quotient, e.integer(dtype, 1)), quotient);
    quotient = e.select(e.eq(b, e.integer(dtype, -1)), e.sub(zero, a), quotient);
  }
  return e.select(e.eq(b, zero), zero, quotient);
}

/// x mod y of magnitudes whose quotient, already rounded, is below 2**precision.
template <Emitter E>
ValueOf<E> fmod_of_near(ValueOf<E> x, ValueOf<E> y, ValueOf<E> quotient, E& e) {
  const ValueOf<E> rest = e.fma(e.neg(e.trunc(quotient)), y, x);
  return e.select(e.lt(rest, e.real(e.dtype_of(x), 0)), e.add(rest, y), rest);
}

/// A number congruent to x modulo y and smaller than x by about 2**precision; y is finite and x / y is at least that.
/// Where x / y overflows, y is scaled up first, since any multiple of y will do: twice, as float64 quotients reach
/// 2**2098, and by so little that the quotient stays an integer.
template <Emitter E>
ValueOf<E> fmod_step(ValueOf<E> x, ValueOf<E> y, E& e) {
  const DType dtype = e.dtype_of(x);
  const FloatFormat format = format_of(dtype);
  const ValueOf<E> scale = e.real(dtype, dtype == DType::float32 ? 0x1p90 : 0x1p900);
  ValueOf<E> quotient = e.div(x, y);
  for (int k = 0; k < 2; ++k) {
    y = e.select(e.eq(quotient, infinity(dtype, e)), e.mul(y, scale), y);
    quotient = e.div(x, y);
  }
  const ValueOf<E> rest = e.fma(e.neg(quotient), y, x);
  // Where the quotient was rounded up the rest is negative: take a quotient that is one unit in the last place lower.
  const ValueOf<E> unit = e.mul(masked(quotient, format.infinity, e), e.real(dtype, format.epsilon));
  return e.select(e.lt(rest, e.real(dtype, 0)), e.fma(unit, y, rest), rest);
}

/// |a| mod |b|, exact; NaN for a infinite, b zero, or either NaN.
template <Emitter E>
ValueOf<E> fmod_of_magnitudes(ValueOf<E> x, ValueOf<E> y, E& e) {
  const DType dtype = e.dtype_of(x);
  const ValueOf<E> zero = e.real(dtype, 0);
  const ValueOf<E> infinite = infinity(dtype, e);
  const ValueOf<E> limit = e.real(dtype, 2 / format_of(dtype).epsilon);
  const ValueOf<E> quotient = e.div(x, y);
  const ValueOf<E> finite = e.lt(x, infinite);
  const ValueOf<E> far = e.bit_and(e.bit_and(e.ge(quotient, limit), finite), e.gt(y, zero));
  const ValueOf<E> rest = e.rarely(far, fmod_of_near<E>(x, y, quotient, e), [&] {
    using State = std::array<ValueOf<E>, 1>;
    const auto active = [&](const State& s) { return e.bit_and(far, e.ge(e.div(s[0], y), limit)); };
    const auto step = [&](const State& s) { return State{fmod_step<E>(s[0], y, e)}; };
    const ValueOf<E> near = e.repeat_while(State{x}, active, step)[0];
    return fmod_of_near<E>(near, y, e.div(near, y), e);
  });
  return e.select(e.bit_and(e.eq(y, infinite), finite), x, rest);
}

template <Emitter E>
ValueOf<E> with_sign_of(ValueOf<E> magnitude, ValueOf<E> sign, E& e) {
  const FloatFormat format = format_of(e.dtype_of(sign));
  const ValueOf<E> bits = to_bits<E>(masked(sign, format.sign, e), e);
  return e.bitcast(e.bit_or(to_bits<E>(e.abs(magnitude), e), bits), e.dtype_of(sign));
}
template <Emitter E>
ValueOf<E> float_fmod(ValueOf<E> a, ValueOf<E> b, E& e) {
  return with_sign_of<E>(fmod_of_magnitudes<E>(e.abs(a), e.abs(b), e), a, e);
}
/// Where fmod's result must move by b: it is not 0 (NaN does not matter) and its sign is not b's.
template <Emitter E>
ValueOf<E> must_step_down_float(ValueOf<E> rest, ValueOf<E> b, E& e) {
  const ValueOf<E> zero = e.real(e.dtype_of(b), 0);
  return e.bit_and(e.ne(rest, zero), e.bit_xor(e.lt(rest, zero), e.lt(b, zero)));
}
template <Emitter E>
ValueOf<E> float_remainder(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  const ValueOf<E> rest = float_fmod<E>(a, b, e);
  const ValueOf<E> moved = e.select(must_step_down_float<E>(rest, b, e), e.add(rest, b), rest);
  return e.select(e.eq(rest, e.real(dtype, 0)), with_sign_of<E>(e.real(dtype, 0), b, e), moved);
}
/// NumPy's: (a - fmod) / b, which is nearly an integer, moved down if fmod moved up, snapped to the nearest integer; a
/// zero takes the sign of a / b; a / b itself where b is zero.
template <Emitter E>
ValueOf<E> float_floor_divide(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  const ValueOf<E> zero = e.real(dtype, 0), one = e.real(dtype, 1);
  const ValueOf<E> ratio = e.div(a, b);
  const ValueOf<E> rest = float_fmod<E>(a, b, e);
  ValueOf<E> quotient = e.div(e.sub(a, rest), b);
  quotient = e.select(must_step_down_float<E>(rest, b, e), e.sub(quotient, one), quotient);
  ValueOf<E> snapped = e.floor(quotient);
  const ValueOf<E> too_low = e.gt(e.sub(quotient, snapped), e.real(dtype, 0.5));
  snapped = e.select(too_low, e.add(snapped, one), snapped);
  snapped = e.select(e.eq(quotient, zero), with_sign_of<E>(zero, ratio, e), snapped);
  return e.select(e.eq(b, zero), ratio, snapped);
}

}  // namespace fuseval::codegen

// Comparisons, logic and extremes. The bool loops are written as bit operations, so that an emitter may keep masks.
#pragma once

#include "codegen/scalar/format.hpp"

namespace fuseval::codegen {

template <Emitter E>
ValueOf<E> lower_equal(ValueOf<E> a, ValueOf<E> b, E& e) {
  return is_bool(e.dtype_of(a)) ? e.bit_not(e.bit_xor(a, b)) : e.eq(a, b);
}
template <Emitter E>
ValueOf<E> lower_not_equal(ValueOf<E> a, ValueOf<E> b, E& e) {
  return is_bool(e.dtype_of(a)) ? e.bit_xor(a, b) : e.ne(a, b);
}
template <Emitter E>
ValueOf<E> lower_less(ValueOf<E> a, ValueOf<E> b, E& e) {
  return is_bool(e.dtype_of(a)) ? e.bit_and(e.bit_not(a), b) : e.lt(a, b);
}
template <Emitter E>
ValueOf<E> lower_less_equal(ValueOf<E> a, ValueOf<E> b, E& e) {
  return is_bool(e.dtype_of(a)) ? e.bit_or(e.bit_not(a), b) : e.le(a, b);
}
template <Emitter E>
ValueOf<E> lower_greater(ValueOf<E> a, ValueOf<E> b, E& e) {
  return is_bool(e.dtype_of(a)) ? e.bit_and(a, e.bit_not(b)) : e.gt(a, b);
}
template <Emitter E>
ValueOf<E> lower_greater_equal(ValueOf<E> a, ValueOf<E> b, E& e) {
  return is_bool(e.dtype_of(a)) ? e.bit_or(a, e.bit_not(b)) : e.ge(a, b);
}

/// The extremes of floats take both orders of the plain two-way choice, `a < b ? a : b` and `b < a ? b : a` (on x86
/// each is one minpd), and join their bits. They differ only where a and b are zeros of either sign, or one is NaN:
///   minimum: `or` sets the sign if either zero has it, and NaN | x is a NaN;
///   maximum: the same, but the sign needs `and`: the majority of (first, second, not sign), one vpternlogd on AVX-512.
template <Emitter E>
ValueOf<E> float_minimum(ValueOf<E> a, ValueOf<E> b, E& e) {
  const ValueOf<E> first = to_bits(e.select(e.lt(a, b), a, b), e);
  const ValueOf<E> second = to_bits(e.select(e.lt(b, a), b, a), e);
  return e.bitcast(e.bit_or(first, second), e.dtype_of(a));
}
template <Emitter E>
ValueOf<E> float_maximum(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  const ValueOf<E> first = to_bits(e.select(e.gt(a, b), a, b), e);
  const ValueOf<E> second = to_bits(e.select(e.gt(b, a), b, a), e);
  const ValueOf<E> but_sign = e.constant(signed_of(dtype), format_of(dtype).sign - 1);
  const ValueOf<E> majority = e.bit_or(e.bit_and(first, second), e.bit_and(but_sign, e.bit_or(first, second)));
  return e.bitcast(majority, dtype);
}

template <Emitter E>
ValueOf<E> lower_maximum(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  if (is_bool(dtype)) return e.bit_or(a, b);
  return is_float(dtype) ? float_maximum(a, b, e) : e.select(e.gt(a, b), a, b);
}
template <Emitter E>
ValueOf<E> lower_minimum(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  if (is_bool(dtype)) return e.bit_and(a, b);
  return is_float(dtype) ? float_minimum(a, b, e) : e.select(e.lt(a, b), a, b);
}
/// NaN loses: it is replaced by the other operand first.
template <Emitter E>
ValueOf<E> lower_fmax(ValueOf<E> a, ValueOf<E> b, E& e) {
  if (!is_float(e.dtype_of(a))) return lower_maximum(a, b, e);
  return float_maximum<E>(e.select(is_nan(a, e), b, a), e.select(is_nan(b, e), a, b), e);
}
template <Emitter E>
ValueOf<E> lower_fmin(ValueOf<E> a, ValueOf<E> b, E& e) {
  if (!is_float(e.dtype_of(a))) return lower_minimum(a, b, e);
  return float_minimum<E>(e.select(is_nan(a, e), b, a), e.select(is_nan(b, e), a, b), e);
}

}  // namespace fuseval::codegen

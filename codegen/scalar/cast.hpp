// Casts. Floats out of an integer's range saturate and NaN becomes 0 (NumPy leaves both undefined).
#pragma once

#include <cmath>

#include "codegen/scalar/format.hpp"

namespace fuseval::codegen {

/// The extremes are exact in the float dtype: clamp before the conversion.
template <Emitter E>
ValueOf<E> saturate_before(ValueOf<E> x, DType to, E& e) {
  const DType dtype = e.dtype_of(x);
  const ValueOf<E> lowest = e.real(dtype, is_signed(to) ? -std::ldexp(1.0, width_of(to) - 1) : 0);
  const ValueOf<E> highest = e.real(dtype, static_cast<double>(highest_bits(to)));
  ValueOf<E> y = e.select(is_nan(x, e), e.real(dtype, 0), x);
  y = e.select(e.lt(y, lowest), lowest, y);
  return e.convert(e.select(e.gt(y, highest), highest, y), to);
}
/// The largest integer is not a float, but the one after it is: convert what fits and choose afterwards.
template <Emitter E>
ValueOf<E> saturate_after(ValueOf<E> x, DType to, E& e) {
  const DType dtype = e.dtype_of(x);
  const ValueOf<E> lowest = e.real(dtype, is_signed(to) ? -std::ldexp(1.0, width_of(to) - 1) : 0);
  const ValueOf<E> beyond = e.real(dtype, std::ldexp(1.0, is_signed(to) ? width_of(to) - 1 : width_of(to)));
  const ValueOf<E> above = e.ge(x, beyond);
  const ValueOf<E> inside = e.bit_and(e.ge(x, lowest), e.bit_not(above));
  const ValueOf<E> converted = e.convert(e.select(inside, x, e.real(dtype, 0)), to);  // a NaN is not inside
  const ValueOf<E> not_above =
      is_signed(to) ? e.select(e.lt(x, lowest), e.constant(to, lowest_bits(to)), converted) : converted;
  return e.select(above, e.constant(to, highest_bits(to)), not_above);
}

template <Emitter E>
ValueOf<E> cast_value(ValueOf<E> value, DType to, E& e) {
  const DType from = e.dtype_of(value);
  if (from == to) return value;
  if (!is_float(from) || !is_integer(to)) return e.convert(value, to);
  const bool exact = width_of(to) <= format_of(from).mantissa + 1;
  return exact ? saturate_before(value, to, e) : saturate_after(value, to, e);
}

}  // namespace fuseval::codegen

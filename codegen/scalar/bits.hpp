// Shifts and bit counts.
#pragma once

#include "codegen/scalar/arithmetic.hpp"

namespace fuseval::codegen {

/// Whether a shift by b stays inside the width; as an unsigned number a negative b is a huge one.
template <Emitter E>
ValueOf<E> shifts_inside(ValueOf<E> b, E& e) {
  const DType dtype = unsigned_of(e.dtype_of(b));
  return e.lt(e.bitcast(b, dtype), e.integer(dtype, width_of(dtype)));
}
template <Emitter E>
ValueOf<E> lower_left_shift(ValueOf<E> a, ValueOf<E> b, E& e) {
  const ValueOf<E> zero = e.integer(e.dtype_of(a), 0);
  const ValueOf<E> inside = shifts_inside(b, e);
  return e.select(inside, e.shift_left(a, e.select(inside, b, zero)), zero);
}
/// Past the width a signed number leaves its sign: the same as a shift by width - 1.
template <Emitter E>
ValueOf<E> lower_right_shift(ValueOf<E> a, ValueOf<E> b, E& e) {
  const DType dtype = e.dtype_of(a);
  const ValueOf<E> inside = shifts_inside(b, e);
  const ValueOf<E> shifted = e.shift_right(a, e.select(inside, b, e.integer(dtype, width_of(dtype) - 1)));
  return is_signed(dtype) ? shifted : e.select(inside, shifted, e.integer(dtype, 0));
}
template <Emitter E>
ValueOf<E> lower_bitwise_count(ValueOf<E> a, E& e) {
  return e.convert(e.popcount(unsigned_magnitude(a, e)), DType::uint8);
}

}  // namespace fuseval::codegen

// lower_scalar: the one lowering of scalar operations and reductions' arithmetic, over any emitter.
#pragma once

#include <span>

#include "codegen/emitter.hpp"
#include "codegen/math/math.hpp"
#include "codegen/scalar/anatomy.hpp"
#include "codegen/scalar/arithmetic.hpp"
#include "codegen/scalar/bits.hpp"
#include "codegen/scalar/cast.hpp"
#include "codegen/scalar/compare.hpp"
#include "codegen/scalar/division.hpp"
#include "codegen/scalar/reduction.hpp"
#include "ir/ops.hpp"

namespace fuseval::codegen {

/// numpy.astype with docs/language.md's rule for floats out of an integer's range: saturate, NaN to 0.
template <Emitter E>
typename E::Value lower_cast(typename E::Value value, DType to, E& e) {
  return cast_value(value, to, e);
}

/// The value of op over its arguments, which have the dtypes of its loop (ir/graph.hpp, Graph::scalar).
template <Emitter E>
typename E::Value lower(Op op, std::span<const typename E::Value> arguments, E& e) {
  using Value = typename E::Value;
  const Value a = arguments[0];
  const Value b = arguments.size() > 1 ? arguments[1] : a;
  const Value c = arguments.size() > 2 ? arguments[2] : a;
  const DType dtype = e.dtype_of(a);
  switch (op) {
    case Op::add:
      return is_bool(dtype) ? e.bit_or(a, b) : e.add(a, b);
    case Op::subtract:
      return e.sub(a, b);
    case Op::multiply:
      return is_bool(dtype) ? e.bit_and(a, b) : e.mul(a, b);
    case Op::divide:
      return e.div(a, b);
    case Op::floor_divide:
      return is_float(dtype) ? float_floor_divide(a, b, e) : integer_floor_divide(a, b, e);
    case Op::remainder:
      return is_float(dtype) ? float_remainder(a, b, e) : integer_remainder(a, b, e);
    case Op::fmod:
      return is_float(dtype) ? float_fmod(a, b, e) : integer_fmod(a, b, e);
    case Op::power:
      return is_float(dtype) ? math::pow(e, a, b) : integer_power(a, b, e);
    case Op::negative:
      return lower_negative(a, e);
    case Op::absolute:
      return lower_absolute(a, e);
    case Op::sign:
      return lower_sign(a, e);
    case Op::square:
      return e.mul(a, a);
    case Op::sqrt:
      return e.sqrt(a);
    case Op::reciprocal:
      return lower_reciprocal(a, e);
    case Op::fma:
      return e.fma(a, b, c);
    case Op::hypot:
      return math::hypot(e, a, b);
    case Op::gcd:
      return lower_gcd(a, b, e);
    case Op::lcm:
      return lower_lcm(a, b, e);

    case Op::equal:
      return lower_equal(a, b, e);
    case Op::not_equal:
      return lower_not_equal(a, b, e);
    case Op::less:
      return lower_less(a, b, e);
    case Op::less_equal:
      return lower_less_equal(a, b, e);
    case Op::greater:
      return lower_greater(a, b, e);
    case Op::greater_equal:
      return lower_greater_equal(a, b, e);

    case Op::logical_and:
      return e.bit_and(a, b);
    case Op::logical_or:
      return e.bit_or(a, b);
    case Op::logical_xor:
      return e.bit_xor(a, b);
    case Op::logical_not:
      return e.bit_not(a);
    case Op::where:
      return e.select(a, b, c);

    case Op::bitwise_and:
      return e.bit_and(a, b);
    case Op::bitwise_or:
      return e.bit_or(a, b);
    case Op::bitwise_xor:
      return e.bit_xor(a, b);
    case Op::invert:
      return e.bit_not(a);
    case Op::left_shift:
      return lower_left_shift(a, b, e);
    case Op::right_shift:
      return lower_right_shift(a, b, e);
    case Op::bitwise_count:
      return lower_bitwise_count(a, e);

    case Op::maximum:
      return lower_maximum(a, b, e);
    case Op::minimum:
      return lower_minimum(a, b, e);
    case Op::fmax:
      return lower_fmax(a, b, e);
    case Op::fmin:
      return lower_fmin(a, b, e);

    case Op::floor:
      return e.floor(a);
    case Op::ceil:
      return e.ceil(a);
    case Op::trunc:
      return e.trunc(a);
    case Op::rint:
      return e.rint(a);

    case Op::isnan:
      return is_nan(a, e);
    case Op::isinf:
      return lower_isinf(a, e);
    case Op::isfinite:
      return lower_isfinite(a, e);
    case Op::signbit:
      return lower_signbit(a, e);
    case Op::copysign:
      return with_sign_of(a, b, e);
    case Op::nextafter:
      return lower_nextafter(a, b, e);
    case Op::spacing:
      return lower_spacing(a, e);
    case Op::ldexp:
      return lower_ldexp(a, b, e);
    case Op::frexp_mantissa:
      return lower_frexp_mantissa(a, e);
    case Op::frexp_exponent:
      return lower_frexp_exponent(a, e);

    case Op::exp:
      return math::exp(e, a);
    case Op::log:
      return math::log(e, a);
    case Op::sin:
      return math::sin(e, a);
    case Op::cos:
      return math::cos(e, a);
    case Op::tan:
      return math::tan(e, a);
    case Op::arcsin:
      return math::arcsin(e, a);
    case Op::arccos:
      return math::arccos(e, a);
    case Op::arctan:
      return math::arctan(e, a);
    case Op::arctan2:
      return math::arctan2(e, a, b);
    case Op::tanh:
      return math::tanh(e, a);
  }
  return a;
}

}  // namespace fuseval::codegen

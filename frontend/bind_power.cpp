// a ** b and power(a, b). LANGUAGE.md, Numbers: a Python scalar exponent of 2, 0.5 and -1 is square, sqrt and
// reciprocal (as NumPy's own loops do), 3 and 4 multiply, everything else is pow. So (-inf)**0.5 is NaN and (-0.0)**0.5
// is -0.0, as in NumPy 2.4, where pow would give inf and +0.0.
#include <array>

#include "frontend/binder.hpp"

namespace fuseval::frontend {
namespace {

constexpr std::string_view negative_power = "Integers to negative integer powers are not allowed.";

}  // namespace

NodeId Binder::power(const Value& base, const Value& exponent, bool is_operator, Span span) {
  const std::array types = {type_of(base), type_of(exponent)};
  DType loop = *loop_dtype(Op::power, types);
  if (exponent.is_weak()) {
    const bool squares_bool = is_operator && types[0].dtype == DType::bool_ && !types[0].is_weak &&
                              exponent.scalar.kind == Kind::signed_integer && fold(exponent).integer == 2;
    if (squares_bool) loop = DType::int8;
    return static_power(base, exponent, loop, span);
  }
  const NodeId left = convert(base, loop), right = convert(exponent, loop);
  check_exponent(exponent, loop, span);
  return emit(Op::power, {left, right});
}

NodeId Binder::static_power(const Value& base, const Value& exponent, DType loop, Span span) {
  const WeakScalar& scalar = fold(exponent);
  const NodeId left = convert(base, loop);
  check_exponent(exponent, loop, span);
  const double number = as_double(scalar);
  const bool floats = is_float(loop);
  if (number == 2) return emit(Op::square, {left});
  if (floats && number == 0.5) return emit(Op::sqrt, {left});
  if (floats && number == -1) return emit(Op::reciprocal, {left});
  if (number == 0) return broadcast(constant(loop, weak_integer(1)), Shape(shape(left)));
  if (number == 1) return left;
  const bool multiplies = floats ? number == 3 || number == 4 : number > 0 && number <= 64;
  if (multiplies && (floats || fits(scalar, loop))) return repeated_product(left, static_cast<int>(number));
  return emit(Op::power, {left, convert(exponent, loop)});
}

// x*x*x and (x*x)*(x*x): squares first. Integers wrap, so that any order gives the same bits.
NodeId Binder::repeated_product(NodeId base, int exponent) {
  if (exponent == 1) return base;
  const NodeId half = repeated_product(base, exponent / 2);
  const NodeId even = emit(Op::multiply, {half, half});
  return exponent % 2 == 0 ? even : emit(Op::multiply, {even, base});
}

// A negative exponent of an integer loop is an error that depends on values, unless the text tells them.
void Binder::check_exponent(const Value& exponent, DType loop, Span span) {
  if (!is_signed(loop)) return;
  if (exponent.is_weak()) {
    if (!exponent.scalar.is_float() && fold(exponent).integer.is_negative() && fits(exponent.scalar, loop))
      throw Error(ErrorCode::value, std::string(negative_power), span);
    return;
  }
  if (!is_signed(dtype(exponent.node))) return;
  NodeId negative = emit(Op::less, {exponent.node, constant_of(dtype(exponent.node), 0)});
  std::vector<int> axes;
  for (int k = 0; k < rank(negative); ++k) axes.push_back(k);
  if (!axes.empty()) negative = graph().reduce(Reduction::any, negative, axes);
  add_check(negative, std::string(negative_power), span);
}

}  // namespace fuseval::frontend

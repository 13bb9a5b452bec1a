// a ** b and power(a, b). docs/language.md, Numbers: a Python scalar exponent of 2, 0.5 and -1 is square, sqrt and
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
                              exponent.scalar.kind == Kind::signed_integer &&
                              decide(Operator::equal, exponent, weak_integer(2));
    return weak_power(base, exponent, squares_bool ? DType::int8 : loop, span);
  }
  const NodeId left = convert(base, loop), right = convert(exponent, loop);
  const std::array nodes = {left, right};
  if (element_count(common_shape(nodes)) > 0) check_exponent(exponent, loop, span);
  return emit(Op::power, nodes);
}

// A graph is for a form, so that a number that changes from call to call gives the bits of the same number in the text.
NodeId Binder::weak_power(const Value& base, const Value& exponent, DType loop, Span span) {
  const NodeId left = convert(base, loop);
  const PowerForm form = decide_form(exponent, loop);
  switch (form) {
    case PowerForm::square:
      return emit(Op::square, {left});
    case PowerForm::root:
      return emit(Op::sqrt, {left});
    case PowerForm::reciprocal:
      return emit(Op::reciprocal, {left});
    case PowerForm::one:
      return broadcast(constant(loop, weak_integer(1)), Shape(shape(left)));
    case PowerForm::identity:
      return left;
    case PowerForm::cube:
      return repeated_product(left, 3);
    case PowerForm::fourth:
      return repeated_product(left, 4);
    case PowerForm::negative:
      if (!fits(exponent.scalar, loop)) break;  // the conversion says so
      if (element_count(shape(left)) == 0) return left;
      throw Error(ErrorCode::value, std::string(negative_power), span);
    case PowerForm::general:
      break;
  }
  return is_float(loop) ? emit(Op::power, {left, convert(exponent, loop)}) : integer_power(left, exponent, loop);
}

PowerForm Binder::decide_form(const Value& exponent, DType loop) {
  const PowerForm form = power_form(exponent.scalar, loop);
  if (exponent.follows_inputs()) scalars().require_form(exponent.step, loop, form);
  return form;
}

// Integers wrap, so that products give the bits of any power: they are for exponents that the text fixes.
NodeId Binder::integer_power(NodeId base, const Value& exponent, DType loop) {
  const Integer& number = exponent.scalar.integer;
  if (!exponent.follows_inputs() && number == 0) return broadcast(constant(loop, weak_integer(1)), Shape(shape(base)));
  if (!exponent.follows_inputs() && number > 0 && number <= 64 && fits(exponent.scalar, loop))
    return repeated_product(base, static_cast<int>(number.to_int64()));
  return emit(Op::power, {base, convert(exponent, loop)});
}

// x*x*x and (x*x)*(x*x): squares first.
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
    const bool is_negative = !exponent.scalar.is_float() && decide_form(exponent, loop) == PowerForm::negative;
    if (is_negative && fits(exponent.scalar, loop)) throw Error(ErrorCode::value, std::string(negative_power), span);
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

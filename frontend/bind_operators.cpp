// The operators of the language, over arrays and Python scalars. Scalars among themselves follow Python
// (bind_weak.cpp), anything with an array follows NumPy (bind_ufunc.cpp).
#include <array>

#include "frontend/binder.hpp"

namespace fuseval::frontend {
namespace {

Op op_of(Operator op) {
  switch (op) {
    case Operator::negative:
      return Op::negative;
    case Operator::invert:
      return Op::invert;
    case Operator::add:
      return Op::add;
    case Operator::subtract:
      return Op::subtract;
    case Operator::multiply:
      return Op::multiply;
    case Operator::divide:
      return Op::divide;
    case Operator::floor_divide:
      return Op::floor_divide;
    case Operator::remainder:
      return Op::remainder;
    case Operator::power:
      return Op::power;
    case Operator::left_shift:
      return Op::left_shift;
    case Operator::right_shift:
      return Op::right_shift;
    case Operator::bitwise_and:
      return Op::bitwise_and;
    case Operator::bitwise_or:
      return Op::bitwise_or;
    case Operator::bitwise_xor:
      return Op::bitwise_xor;
    case Operator::equal:
      return Op::equal;
    case Operator::not_equal:
      return Op::not_equal;
    case Operator::less:
      return Op::less;
    case Operator::less_equal:
      return Op::less_equal;
    case Operator::greater:
      return Op::greater;
    case Operator::greater_equal:
      return Op::greater_equal;
    case Operator::positive:
    case Operator::matmul:
      break;
  }
  throw Error(ErrorCode::internal, "an operator without an operation");
}

}  // namespace

Value Binder::bind_unary(Operator op, const Value& a, Span span) {
  if (a.is_weak()) return weak_unary(op, a);
  if (a.is_sequence())
    fail(ErrorCode::argument, span, "Python has no `{}` of {}: write array([...]) for an array", spelling_of(op),
         describe(a));
  if (op == Operator::positive) return array(positive(a, span));
  return array(apply(op_of(op), {a}, span));
}

Value Binder::bind_binary(Operator op, Value& a, Value& b, Span span) {
  if (op == Operator::matmul) return matmul("`@`", a, b, span);
  if (a.is_weak() && b.is_weak()) return weak_binary(op, a, b);
  lists_to_arrays(op, a, b, span);
  if (op == Operator::power) return array(power(a, b, true, span));
  const std::array<const Value*, 2> operands = {&a, &b};
  return array(apply(op_of(op), operands, span));
}

Value Binder::compare_pair(Operator op, Value& a, Value& b) {
  if (a.is_weak() && b.is_weak()) return weak_compare(op, a, b);
  lists_to_arrays(op, a, b, {a.span.begin, b.span.end});
  return array(compare(op_of(op), a, b, {a.span.begin, b.span.end}));
}

Value Binder::bind_not(const Value& a) {
  if (a.is_array()) return array(apply(Op::logical_not, {a}, a.span));
  return a.is_weak() ? weak_not(a) : number(weak_bool(!is_true(a)));
}

}  // namespace fuseval::frontend

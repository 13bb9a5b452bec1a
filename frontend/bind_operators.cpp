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

Value Binder::bind_operator(const Expr& expr) {
  const auto child = [&](uint32_t k) -> const Value& { return values_[ast_.child(expr, k)]; };
  switch (expr.kind) {
    case ExprKind::unary:
      return bind_unary(expr.op, child(0), expr.span);
    case ExprKind::binary:
      return bind_binary(expr.op, child(0), child(1), expr.span);
    case ExprKind::compare:
      return bind_compare(expr);
    case ExprKind::logical_and:
    case ExprKind::logical_or:
      return bind_logical(expr);
    case ExprKind::logical_not:
      return bind_not(child(0));
    case ExprKind::conditional:
      return bind_conditional(child(0), child(1), child(2));
    case ExprKind::integer:
    case ExprKind::floating:
    case ExprKind::imaginary:
    case ExprKind::boolean:
    case ExprKind::string:
    case ExprKind::none:
    case ExprKind::ellipsis:
    case ExprKind::name:
    case ExprKind::call:
    case ExprKind::keyword:
    case ExprKind::attribute:
    case ExprKind::subscript:
    case ExprKind::slice:
    case ExprKind::tuple:
    case ExprKind::list:
      break;
  }
  throw Error(ErrorCode::internal, "not an operator");
}

Value Binder::bind_unary(Operator op, const Value& a, Span span) {
  if (a.is_weak()) return weak_unary(op, a);
  if (op == Operator::positive) return array(positive(a, span));
  return array(apply(op_of(op), {a}, span));
}

Value Binder::bind_binary(Operator op, const Value& a, const Value& b, Span span) {
  if (op == Operator::matmul)
    fail(ErrorCode::unsupported, span, "`@` is part of the language but not available in this version");
  if (a.is_weak() && b.is_weak()) return weak_binary(op, a, b, span);
  if (op == Operator::power) return array(power(a, b, true, span));
  const std::array operands = {&a, &b};
  return array(apply(op_of(op), operands, span));
}

Value Binder::compare_pair(Operator op, const Value& a, const Value& b, Span span) {
  if (a.is_weak() && b.is_weak()) return weak_compare(op, a, b);
  return array(compare(op_of(op), a, b, span));
}

Value Binder::bind_compare(const Expr& expr) {
  const auto operand = [&](uint32_t k) -> const Value& { return values_[ast_.child(expr, k)]; };
  Value result;
  for (uint32_t k = 0; k + 1 < expr.child_count; ++k) {
    const Span span = {operand(k).span.begin, operand(k + 1).span.end};
    Value pair = compare_pair(ast_.operators[expr.first_op + k], operand(k), operand(k + 1), span);
    result = k == 0 ? std::move(pair) : combine(Op::logical_and, result, pair);
  }
  return result;
}

Value Binder::bind_logical(const Expr& expr) {
  const Op op = expr.kind == ExprKind::logical_and ? Op::logical_and : Op::logical_or;
  Value result = values_[ast_.child(expr, 0)];
  for (uint32_t k = 1; k < expr.child_count; ++k) result = combine(op, result, values_[ast_.child(expr, k)]);
  return result;
}

// and, or: elementwise, and always bool (LANGUAGE.md, Departures). Python scalars among themselves stay weak.
Value Binder::combine(Op op, const Value& a, const Value& b) {
  if (!a.is_weak() || !b.is_weak()) return array(apply(op, {a, b}, {a.span.begin, b.span.end}));
  const Value left = weak_truth(a), right = weak_truth(b);
  const bool l = frontend::truth(left.scalar), r = frontend::truth(right.scalar);
  const WeakScalar result = weak_bool(op == Op::logical_and ? l && r : l || r);
  if (!left.is_dynamic() && !right.is_dynamic()) return number(result);
  const NodeId nodes[2] = {node_of(left), node_of(right)};
  return following(result, emit(op, nodes), std::array{&left, &right});
}

Value Binder::bind_not(const Value& a) {
  if (!a.is_weak()) return array(apply(Op::logical_not, {a}, a.span));
  const Value condition = weak_truth(a);
  const WeakScalar result = weak_bool(!frontend::truth(condition.scalar));
  if (!condition.is_dynamic()) return number(result);
  return following(result, emit(Op::logical_not, {condition.node}), std::array{&condition});
}

Value Binder::bind_conditional(const Value& yes, const Value& condition, const Value& no) {
  if (yes.is_weak() && condition.is_weak() && no.is_weak()) return weak_conditional(yes, condition, no);
  return array(where(condition, yes, no));
}

}  // namespace fuseval::frontend

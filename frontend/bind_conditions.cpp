// What Python evaluates in part: `and`, `or`, chained comparisons and conditionals. As long as a truth is known while
// the text is bound, Python's rules hold: what is not evaluated is not bound, and `and` and `or` give an operand. From
// the first array on they work element by element, and everything is bound.
#include "frontend/binder.hpp"

namespace fuseval::frontend {

// An array's is not known. Containers and strings are true unless they are empty, as in Python.
bool Binder::is_true(const Value& value) {
  switch (value.kind) {
    case ValueKind::weak:
      return frontend::truth(value.scalar);
    case ValueKind::none:
      return false;
    case ValueKind::tuple:
    case ValueKind::list:
      return !value.items.empty();
    case ValueKind::string:
      return !value.text.empty();
    case ValueKind::ellipsis:
    case ValueKind::slice:
    case ValueKind::dtype:
    case ValueKind::function:
    case ValueKind::module:
    case ValueKind::array:
      break;
  }
  return true;
}

bool Binder::decide(const Value& value) {
  const bool outcome = is_true(value);
  if (value.follows_inputs()) scalars().require(value.step, outcome);
  return outcome;
}

// A bool, and an int that is 0, are known once their truth is.
Value Binder::decided(Value value, bool outcome) {
  if (!value.follows_inputs() || value.scalar.is_float() || (outcome && !value.scalar.is_bool())) return value;
  return number(value.scalar, value.span);
}

std::optional<ExprId> Binder::next_child(Visit& visit) {
  const Expr& expr = ast_[visit.id];
  uint32_t k = visit.count++;
  switch (expr.kind) {
    case ExprKind::logical_and:
    case ExprKind::logical_or:
      if (k > 0 && !extends(expr, k, values_[visit.id], std::move(values_[ast_.child(expr, k - 1)]))) return {};
      break;
    case ExprKind::compare:
      if (k > 1 && !extends(expr, k, values_[visit.id], compared(expr, k - 2))) return {};
      break;
    case ExprKind::conditional:
      return next_of_conditional(expr, visit, k);
    default:
      break;
  }
  if (k == expr.child_count) return {};
  return ast_.child(expr, k);
}

// Comparison k of a chain.
Value Binder::compared(const Expr& expr, uint32_t k) {
  Value& left = values_[ast_.child(expr, k)];
  Value& right = values_[ast_.child(expr, k + 1)];
  Value value = compare_pair(ast_.operators[expr.first_op + k], left, right);
  value.span = {left.span.begin, right.span.end};
  return value;
}

// `result and next`, or `or`; false where the rest of the chain is not evaluated.
bool Binder::extends(const Expr& expr, uint32_t bound, Value& result, Value next) {
  const bool is_or = expr.kind == ExprKind::logical_or;
  result =
      result.is_array() ? combined(is_or ? Op::logical_or : Op::logical_and, result, std::move(next)) : std::move(next);
  if (bound == expr.child_count || result.is_array()) return bound < expr.child_count;
  const bool outcome = decide(result);
  if (outcome == is_or) result = decided(std::move(result), outcome);
  return outcome != is_or;
}

Value Binder::combined(Op op, const Value& a, Value b) {
  if (b.is_sequence()) b = as_array(b);
  return array(apply(op, {a, b}, {a.span.begin, b.span.end}), {a.span.begin, b.span.end});
}

// The condition first, then the branch that it chooses; of an array both.
std::optional<ExprId> Binder::next_of_conditional(const Expr& expr, Visit& visit, uint32_t count) {
  constexpr uint32_t yes = 0, condition = 1, no = 2;
  if (count == 0) return ast_.child(expr, condition);
  const Value& value = values_[ast_.child(expr, condition)];
  if (count == 1) {
    if (!value.is_array()) visit.chosen = decide(value) ? yes : no;
    return ast_.child(expr, visit.chosen.value_or(yes));
  }
  if (count == 2 && !visit.chosen) return ast_.child(expr, no);
  values_[visit.id] = visit.chosen ? std::move(values_[ast_.child(expr, *visit.chosen)]) : selected(expr);
  return {};
}

Value Binder::selected(const Expr& expr) {
  Value& yes = values_[ast_.child(expr, 0)];
  Value& no = values_[ast_.child(expr, 2)];
  for (Value* branch : {&yes, &no})
    if (branch->is_sequence()) *branch = as_array(*branch);
  return array(where(values_[ast_.child(expr, 1)], yes, no));
}

}  // namespace fuseval::frontend

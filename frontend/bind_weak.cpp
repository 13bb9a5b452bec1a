// Operations among Python scalars alone. Literals fold under Python's rules. A weak input changes from call to call,
// and what is computed from it is a step of the call's ScalarProgram, so that one graph serves every value. Float
// arithmetic that cannot fail is a node of rank 0 in the graph as well, which costs a call nothing.
#include <algorithm>
#include <array>

#include "frontend/binder.hpp"

namespace fuseval::frontend {
namespace {

// Python's float arithmetic that is one IEEE operation.
std::optional<Op> float_operation(Operator op) {
  switch (op) {
    case Operator::negative:
      return Op::negative;
    case Operator::add:
      return Op::add;
    case Operator::subtract:
      return Op::subtract;
    case Operator::multiply:
      return Op::multiply;
    case Operator::divide:
      return Op::divide;
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
    case Operator::invert:
    case Operator::floor_divide:
    case Operator::remainder:
    case Operator::power:
    case Operator::matmul:
    case Operator::left_shift:
    case Operator::right_shift:
    case Operator::bitwise_and:
    case Operator::bitwise_or:
    case Operator::bitwise_xor:
      break;
  }
  return std::nullopt;
}

// A fixed int beside a float must be the same number as a double, or Python's exact comparison would differ.
bool joins_float_nodes(const Value& value) {
  return value.follows_inputs() ? value.is_dynamic() && value.scalar.is_float() : is_exact_double(value.scalar);
}

bool becomes_node(std::span<const Value* const> operands) {
  return std::any_of(operands.begin(), operands.end(), [](const Value* v) { return v->is_dynamic(); }) &&
         std::all_of(operands.begin(), operands.end(), [](const Value* v) { return joins_float_nodes(*v); });
}

}  // namespace

ScalarProgram::Step Binder::step_of(const Value& value) {
  return value.follows_inputs() ? value.step : scalars().number(value.scalar);
}

Value Binder::following(const WeakScalar& scalar, ScalarProgram::Step step) {
  Value value = number(scalar);
  value.step = step;
  return value;
}

Value Binder::with_node(Value value, NodeId node) {
  value.node = node;
  value.has_node = true;
  return value;
}

Value Binder::weak_unary(Operator op, const Value& a) {
  if (op == Operator::positive && a.scalar.is_float()) return a;
  const WeakScalar scalar = fold_unary(op, a.scalar);
  if (!a.follows_inputs()) return number(scalar);
  Value value = following(scalar, scalars().unary(op, a.step));
  const std::array operands = {&a};
  if (float_operation(op) && becomes_node(operands))
    return with_node(std::move(value), emit(*float_operation(op), {a.node}));
  scalars().note_risk(value.step);
  return value;
}

Value Binder::weak_binary(Operator op, const Value& a, const Value& b) {
  // Whether an int's power is an int or a float is a matter of the exponent's sign.
  if (op == Operator::power && !a.scalar.is_float() && !b.scalar.is_float()) decide(Operator::less, b, weak_integer(0));
  const WeakScalar scalar = fold_binary(op, a.scalar, b.scalar);
  if (!a.follows_inputs() && !b.follows_inputs()) return number(scalar);
  const ScalarProgram::Step left = step_of(a), right = step_of(b);
  Value value = following(scalar, scalars().binary(op, left, right));
  const std::array operands = {&a, &b};
  const bool is_node = float_operation(op) && becomes_node(operands);
  if (!is_node || op == Operator::divide) scalars().note_risk(value.step);
  if (!is_node) return value;
  return with_node(std::move(value),
                   emit(*float_operation(op), {convert(a, DType::float64), convert(b, DType::float64)}));
}

Value Binder::weak_compare(Operator op, const Value& a, const Value& b) {
  const WeakScalar scalar = weak_bool(fold_compare(op, a.scalar, b.scalar));
  if (!a.follows_inputs() && !b.follows_inputs()) return number(scalar);
  const ScalarProgram::Step left = step_of(a), right = step_of(b);
  Value value = following(scalar, scalars().compare(op, left, right));
  const std::array operands = {&a, &b};
  if (!becomes_node(operands)) return value;
  return with_node(std::move(value),
                   emit(*float_operation(op), {convert(a, DType::float64), convert(b, DType::float64)}));
}

Value Binder::weak_not(const Value& a) {
  const WeakScalar scalar = weak_bool(!frontend::truth(a.scalar));
  if (!a.follows_inputs()) return number(scalar);
  Value value = following(scalar, scalars().logical_not(a.step));
  return a.is_dynamic() ? with_node(std::move(value), emit(Op::logical_not, {truth(a.node)})) : value;
}

}  // namespace fuseval::frontend

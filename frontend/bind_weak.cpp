// Operations among Python scalars alone. Literals fold under Python's rules. A weak input changes from call to call:
// float arithmetic on it becomes graph nodes of rank 0, so that one program serves every value; anything else is folded
// with this call's value, and the program is then for that value alone (BoundFunction::specialised_slots).
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
  return value.is_dynamic() ? value.scalar.is_float() : is_exact_double(value.scalar);
}

bool becomes_node(std::span<const Value* const> operands) {
  return std::any_of(operands.begin(), operands.end(), [](const Value* v) { return v->is_dynamic(); }) &&
         std::all_of(operands.begin(), operands.end(), [](const Value* v) { return joins_float_nodes(*v); });
}

}  // namespace

Value Binder::following(const WeakScalar& scalar, NodeId node, std::span<const Value* const> sources) {
  Value value = number(scalar);
  value.node = node;
  for (const Value* source : sources)
    for (const uint32_t slot : source->slots)
      if (std::find(value.slots.begin(), value.slots.end(), slot) == value.slots.end()) value.slots.push_back(slot);
  return value;
}

Value Binder::weak_unary(Operator op, const Value& a) {
  if (op == Operator::positive && a.scalar.is_float()) return a;
  const std::array operands = {&a};
  if (float_operation(op) && becomes_node(operands))
    return following(fold_unary(op, a.scalar), emit(*float_operation(op), {a.node}), operands);
  return number(fold_unary(op, fold(a)));
}

Value Binder::weak_binary(Operator op, const Value& a, const Value& b, Span span) {
  const std::array operands = {&a, &b};
  if (!float_operation(op) || !becomes_node(operands)) return number(fold_binary(op, fold(a), fold(b)));
  const WeakScalar value = fold_binary(op, a.scalar, b.scalar);
  const NodeId left = convert(a, DType::float64), right = convert(b, DType::float64);
  if (op == Operator::divide && b.is_dynamic())
    add_check(emit(Op::equal, {right, constant(DType::float64, 0.0)}), "division by zero", span);
  return following(value, emit(*float_operation(op), {left, right}), operands);
}

Value Binder::weak_compare(Operator op, const Value& a, const Value& b) {
  const std::array operands = {&a, &b};
  if (!becomes_node(operands)) return number(weak_bool(fold_compare(op, fold(a), fold(b))));
  const NodeId node = emit(*float_operation(op), {convert(a, DType::float64), convert(b, DType::float64)});
  return following(weak_bool(fold_compare(op, a.scalar, b.scalar)), node, operands);
}

Value Binder::weak_truth(const Value& value) {
  const WeakScalar result = weak_bool(frontend::truth(value.scalar));
  return value.is_dynamic() ? following(result, truth(value.node), std::array{&value}) : number(result);
}

// Both branches are promoted, as where() does: `1 if c else 2.0` is a float either way.
Value Binder::weak_conditional(const Value& yes, const Value& condition, const Value& no) {
  const std::array all = {&condition, &yes, &no};
  const std::array branches = {&yes, &no};
  const Kind kind = std::max(yes.scalar.kind, no.scalar.kind);
  const auto promoted = [&](const WeakScalar& scalar) {
    if (kind == Kind::floating) return weak_float(as_double(scalar));
    return kind == Kind::boolean ? scalar : weak_integer(scalar.integer);
  };
  const WeakScalar value = promoted(frontend::truth(condition.scalar) ? yes.scalar : no.scalar);
  const bool any_dynamic = std::any_of(all.begin(), all.end(), [](const Value* v) { return v->is_dynamic(); });
  const bool floats =
      std::all_of(branches.begin(), branches.end(), [](const Value* v) { return joins_float_nodes(*v); });
  if (any_dynamic && floats && kind == Kind::floating) return following(value, where(condition, yes, no), all);
  for (const Value* part : all) fold(*part);
  return number(value);
}

}  // namespace fuseval::frontend

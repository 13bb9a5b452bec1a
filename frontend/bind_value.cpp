// From values to nodes and to numbers that are known while a text is bound.
#include "frontend/bind_value.hpp"

#include <algorithm>

#include "frontend/binder.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/functions.hpp"

namespace fuseval::frontend {
namespace {

void require_integer(const Value& value, std::string_view what) {
  if (value.is_array())
    fail(ErrorCode::argument, value.span, "{} must be an integer that is known before the program runs, not an array",
         what);
  if (!value.is_weak() || value.scalar.is_float())
    fail(ErrorCode::argument, value.span, "{} must be an integer, not {}", what, describe(value));
}

[[noreturn]] void refuse_size(const Value& value, std::string_view what) {
  fail(ErrorCode::value, value.span, "{} does not fit in int64", what);
}

}  // namespace

std::string describe(const Value& value) {
  switch (value.kind) {
    case ValueKind::array:
      return "an array";
    case ValueKind::weak:
      return fmt::format("a plain {}", python_type(value.scalar.kind));
    case ValueKind::none:
      return "None";
    case ValueKind::ellipsis:
      return "`...`";
    case ValueKind::slice:
      return "a slice";
    case ValueKind::tuple:
      return "a tuple";
    case ValueKind::list:
      return "a list";
    case ValueKind::dtype:
      return fmt::format("the dtype `{}`", value.text);
    case ValueKind::string:
      return "a string";
    case ValueKind::function:
      return fmt::format("the {} `{}`", value.items.empty() ? "function" : "method", value.function->name);
    case ValueKind::module:
      return fmt::format("the module `{}`", value.text);
  }
  return "";
}

Value Binder::array(NodeId node, Span span) {
  Value value;
  value.kind = ValueKind::array;
  value.node = node;
  value.span = span;
  return value;
}

Value Binder::number(const WeakScalar& scalar, Span span) {
  Value value;
  value.kind = ValueKind::weak;
  value.scalar = scalar;
  value.span = span;
  return value;
}

Value Binder::tuple(std::vector<Value> items, Span span) {
  Value value;
  value.kind = ValueKind::tuple;
  value.items = std::move(items);
  value.span = span;
  return value;
}

OperandType Binder::type_of(const Value& value) const {
  if (value.is_array()) return strong(result_.function.graph.dtype(value.node));
  if (value.is_weak()) return weak(value.scalar.kind);
  fail(ErrorCode::argument, value.span, "{} is not an array or a number", describe(value));
}

NodeId Binder::node_of(const Value& value) {
  if (value.is_array()) return value.node;
  type_of(value);
  const DType dtype = default_dtype(value.scalar.kind);
  if (dtype == DType::int64 && !fits(value.scalar, dtype))
    fail(ErrorCode::value, value.span, "the integer {} does not fit in int64", value.scalar.integer.text());
  return weak_node(value, dtype, WeakRule::checked);
}

NodeId Binder::convert(const Value& value, DType dtype, WeakRule rule) {
  type_of(value);
  return value.is_array() ? cast(value.node, dtype) : weak_node(value, dtype, rule);
}

// What depends on whether a number fits is not computed by the graph: the call would have to be stopped.
NodeId Binder::weak_node(const Value& value, DType dtype, WeakRule rule) {
  const bool is_int = value.scalar.kind == Kind::signed_integer;
  const bool narrows = is_int && dtype != DType::int64 && rule == WeakRule::checked;
  const bool is_checked = is_integer(dtype) && (value.scalar.is_float() || narrows);
  if (!value.is_dynamic() || is_checked) return element_input(value, dtype, rule);
  // Python's int becomes a float32 by way of double, as in NumPy.
  const bool through_double = is_int && dtype == DType::float32;
  return cast(through_double ? cast(value.node, DType::float64) : value.node, dtype);
}

// Python's float() or int() of the number, if `dtype` has it: a constant, or an input that each call computes.
NodeId Binder::element_input(const Value& value, DType dtype, WeakRule rule) {
  try {
    const WeakScalar element = as_element(value.scalar, dtype, rule);
    if (!value.follows_inputs()) return constant(dtype, element);
  } catch (const Error& error) {
    throw error.at(value.span);
  }
  const uint32_t position = scalars().element(value.step, dtype, rule);
  return graph().input(static_cast<uint32_t>(inputs_.size()) + position, dtype, {});
}

const WeakScalar& Binder::fold(const Value& value) {
  if (value.follows_inputs()) scalars().fix(value.step, value.scalar);
  return value.scalar;
}

bool Binder::decide(Operator op, const Value& value, const WeakScalar& bound) {
  const bool outcome = fold_compare(op, value.scalar, bound);
  if (value.follows_inputs()) scalars().require(scalars().compare(op, value.step, scalars().number(bound)), outcome);
  return outcome;
}

bool Binder::decide_fits(const Value& value, DType dtype) {
  const bool is_int64_input = value.is_dynamic() && dtype == DType::int64;
  if (!value.follows_inputs() || value.scalar.is_bool() || is_int64_input) return fits(value.scalar, dtype);
  return decide(Operator::greater_equal, value, weak_integer(smallest_of(dtype))) &&
         decide(Operator::less_equal, value, weak_integer(largest_of(dtype)));
}

void Binder::require_int64(const Value& value, std::string_view what) {
  require_integer(value, what);
  if (!decide_fits(value, DType::int64)) refuse_size(value, what);
}

int64_t Binder::static_integer(const Value& value, std::string_view what) {
  require_integer(value, what);
  if (!fits(fold(value), DType::int64)) refuse_size(value, what);
  return value.scalar.integer.to_int64();
}

int64_t Binder::static_index(const Value& value, std::string_view what) {
  if (value.is_weak() && value.scalar.is_bool())
    fail(ErrorCode::argument, value.span, "{} must be an integer, not a plain bool", what);
  return static_integer(value, what);
}

std::vector<int64_t> Binder::static_integers(const Value& value, std::string_view what) {
  std::vector<int64_t> result;
  if (!value.is_sequence()) return {static_index(value, what)};
  for (const Value& item : value.items) result.push_back(static_index(item, what));
  return result;
}

Shape Binder::static_shape(const Value& value) {
  Shape shape = static_integers(value, "an extent");
  for (const int64_t extent : shape)
    if (extent < 0) fail(ErrorCode::shape, value.span, "negative dimensions are not allowed: {}", to_string(shape));
  if (shape.size() > max_rank)
    fail(ErrorCode::limit, value.span, "an array may have at most {} dimensions, not {}", max_rank, shape.size());
  try {
    element_count(shape);
  } catch (const Error& error) {
    throw error.at(value.span);
  }
  return shape;
}

bool Binder::static_bool(const Value& value, std::string_view what) {
  if (!value.is_weak() || value.scalar.is_float() || !decide_fits(value, DType::int64))
    fail(ErrorCode::argument, value.span, "{} must be True or False, not {}", what, describe(value));
  return decide(value);
}

DType Binder::static_dtype(const Value& value) {
  std::optional<DType> dtype;
  if (value.kind == ValueKind::dtype) dtype = value.dtype;
  if (value.kind == ValueKind::string) {
    dtype = dtype_named(value.text);
    if (!dtype)
      fail(ErrorCode::dtype, value.span, "'{}' is not a dtype{}", value.text, did_you_mean(value.text, dtype_names()));
  }
  if (!dtype) fail(ErrorCode::argument, value.span, "a dtype is expected, not {}", describe(value));
  if (!is_computed(*dtype))
    fail(ErrorCode::unsupported, value.span, "dtype {} is part of the language but not available in this version",
         name_of(*dtype));
  return *dtype;
}

NodeId Binder::constant(DType dtype, const WeakScalar& value) {
  return graph().constant(dtype, constant_bits(value, dtype));
}

NodeId Binder::cast(NodeId node, DType target) { return is_bool(target) ? truth(node) : graph().cast(node, target); }

NodeId Binder::truth(NodeId node) {
  const DType from = dtype(node);
  if (is_bool(from)) return node;
  return emit(Op::not_equal, {node, constant(from, weak_integer(0))});
}

Shape Binder::common_shape(std::span<const NodeId> nodes) {
  Shape result;
  for (const NodeId node : nodes)
    if (shape(node) != result) result = broadcast_shapes(result, shape(node));
  return result;
}

NodeId Binder::broadcast(NodeId node, const Shape& target) {
  const Shape from = shape(node);
  if (from == target) return node;
  if (!broadcasts_to(from, target))
    throw Error(ErrorCode::shape, fmt::format("an array of shape {} cannot be broadcast to shape {}", to_string(from),
                                              to_string(target)));
  return graph().broadcast(node, target);
}

NodeId Binder::emit(Op op, std::span<const NodeId> inputs) {
  const Shape target = common_shape(inputs);
  NodeId ready[3] = {};
  for (size_t k = 0; k < inputs.size(); ++k) ready[k] = graph().broadcast(inputs[k], target);
  return graph().scalar(op, {ready, inputs.size()});
}

NodeId Binder::emit(Op op, std::initializer_list<NodeId> inputs) {
  return emit(op, std::span<const NodeId>(inputs.begin(), inputs.size()));
}

void Binder::add_check(NodeId node, std::string message, Span span) {
  const auto same = [&](const ValueCheck& check) { return check.node == node; };
  if (std::none_of(result_.value_checks.begin(), result_.value_checks.end(), same))
    result_.value_checks.push_back({node, std::move(message), span});
}

}  // namespace fuseval::frontend

// Universal functions: NumPy's typing and broadcasting over arrays and Python scalars.
#include <algorithm>
#include <array>

#include "frontend/binder.hpp"

namespace fuseval::frontend {
namespace {

std::string list_of(std::span<const OperandType> types) {
  std::string text;
  for (const OperandType& type : types) text += (text.empty() ? "" : ", ") + describe(type);
  return types.size() == 1 ? text : "(" + text + ")";
}

[[noreturn]] void no_loop(Op op, std::span<const OperandType> types, Span span) {
  if (is_bool(common_dtype(types)) && op == Op::negative)
    fail(ErrorCode::dtype, span, "`-` is not defined for bool: use `~` or logical_not");
  if (is_bool(common_dtype(types)) && op == Op::subtract)
    fail(ErrorCode::dtype, span, "`-` is not defined for bool and bool: use `^` or logical_xor");
  const bool is_power = op == Op::bitwise_xor && is_float(common_dtype(types));
  fail(ErrorCode::dtype, span, "`{}` is not defined for {}{}", name_of(op), list_of(types),
       is_power ? "; a power is written `**`" : "");
}

void require_computed(Op op, DType loop, std::span<const OperandType> types, Span span) {
  if (!is_computed(loop))
    fail(ErrorCode::unsupported, span,
         "`{}` of {} has dtype {} in NumPy, which this version does not compute; convert first, as in {}(float32(a))",
         name_of(op), list_of(types), name_of(loop), name_of(op));
}

bool is_comparison(Op op) { return op >= Op::equal && op <= Op::greater_equal; }

// a op b is b mirrored(op) a.
Op mirrored(Op op) {
  return op == Op::less            ? Op::greater
         : op == Op::greater       ? Op::less
         : op == Op::less_equal    ? Op::greater_equal
         : op == Op::greater_equal ? Op::less_equal
                                   : op;
}

Operator operator_of(Op op) {
  return static_cast<Operator>(static_cast<int>(Operator::equal) + static_cast<int>(op) - static_cast<int>(Op::equal));
}

}  // namespace

NodeId Binder::apply(Op op, std::initializer_list<Value> operands, Span span) {
  const Value* pointers[3] = {};
  size_t count = 0;
  for (const Value& operand : operands) pointers[count++] = &operand;
  return apply(op, {pointers, count}, span);
}

NodeId Binder::apply(Op op, std::span<const Value* const> operands, Span span) {
  if (is_comparison(op)) return compare(op, *operands[0], *operands[1], span);
  if (op == Op::power) return power(*operands[0], *operands[1], false, span);
  if (op == Op::where) return where(*operands[0], *operands[1], *operands[2]);
  if (op == Op::ldexp) return apply_ldexp(*operands[0], *operands[1], span);
  if (operands.size() == 1)
    if (const auto node = apply_to_integer(op, *operands[0])) return *node;
  std::array<OperandType, 3> storage;
  const std::span<OperandType> types = std::span(storage).first(operands.size());
  for (size_t k = 0; k < types.size(); ++k) types[k] = type_of(*operands[k]);
  const auto loop = loop_dtype(op, types);
  if (!loop) no_loop(op, types, span);
  require_computed(op, *loop, types, span);
  NodeId nodes[3] = {};
  for (size_t k = 0; k < types.size(); ++k)
    nodes[k] = info(op).domain == Domain::truth ? truth(node_of(*operands[k])) : convert(*operands[k], *loop);
  return emit(op, {nodes, types.size()});
}

NodeId Binder::apply_in(Op op, DType loop, std::span<const Value* const> operands, Span span) {
  const OperandType type = strong(loop);
  if (is_comparison(op) || op == Op::where || op == Op::ldexp || info(op).result != ResultRule::same)
    fail(ErrorCode::unsupported, span, "`{}` takes no dtype= in this version", name_of(op));
  const bool is_whole = !is_float(loop) && (op == Op::floor || op == Op::ceil || op == Op::trunc);  // already
  if (!is_whole && loop_dtype(op, std::span(&type, 1)) != loop)
    fail(ErrorCode::dtype, span, "`{}` has no loop that gives {}", name_of(op), name_of(loop));
  NodeId nodes[3] = {};
  for (size_t k = 0; k < operands.size(); ++k) {
    const Value& operand = *operands[k];
    const OperandType from = type_of(operand);
    const DType strong_from = from.is_weak ? promote_weak(loop, from.kind) : from.dtype;
    if (!can_cast(strong_from, loop, Casting::same_kind))
      fail(ErrorCode::dtype, operand.span, "`{}` cannot cast {} to {} under same_kind casting", name_of(op),
           describe(from), name_of(loop));
    nodes[k] = convert(operand, loop);
  }
  if (is_whole) return nodes[0];
  const std::span<const NodeId> inputs(nodes, operands.size());
  if (op == Op::power && element_count(common_shape(inputs)) > 0) check_exponent(*operands[1], loop, span);
  return emit(op, inputs);
}

// Functions of one integer (or bool) that need no float: floor and its kin are the identity, the tests have fixed
// answers, absolute has nothing to do without a sign.
std::optional<NodeId> Binder::apply_to_integer(Op op, const Value& operand) {
  const OperandType type = type_of(operand);
  const DType dtype = type.is_weak ? default_dtype(type.kind) : type.dtype;
  if (is_float(dtype)) return std::nullopt;
  const bool unsigned_or_bool = !is_signed(dtype);
  const bool same = op == Op::floor || op == Op::ceil || op == Op::trunc || (op == Op::absolute && unsigned_or_bool);
  if (same) return node_of(operand);
  const bool is_false = op == Op::isnan || op == Op::isinf || (op == Op::signbit && unsigned_or_bool);
  if (is_false || op == Op::isfinite) {
    const Shape extent = shape(node_of(operand));
    return broadcast(constant(DType::bool_, weak_bool(!is_false)), extent);
  }
  if (op != Op::signbit) return std::nullopt;
  const NodeId node = node_of(operand);
  return emit(Op::less, {node, constant_of(dtype, 0)});
}

NodeId Binder::positive(const Value& value, Span span) {
  const OperandType type = type_of(value);
  const NodeId node = node_of(value);
  if (is_bool(dtype(node))) fail(ErrorCode::dtype, span, "`positive` is not defined for {}", describe(type));
  return node;
}

// NumPy has loops for (float, int32) and (float, int64); every int64 exponent beyond int32 gives 0 or infinity as it
// should.
NodeId Binder::apply_ldexp(const Value& x, const Value& exponent, Span span) {
  const OperandType types[2] = {type_of(x), type_of(exponent)};
  const DType second = types[1].is_weak ? default_dtype(types[1].kind) : types[1].dtype;
  if (is_float(second) || second == DType::uint64) no_loop(Op::ldexp, types, span);
  // A Python int beside an integer array counts as the smallest integer: np.ldexp(1, n) is float16.
  const bool smallest =
      types[0].is_weak && types[0].kind != Kind::floating && !types[1].is_weak && is_integer(types[1].dtype);
  const DType loop = smallest ? DType::float16 : inexact_dtype(std::span(types).first(1));
  require_computed(Op::ldexp, loop, types, span);
  // A number beside an array takes the array's loop, whose exponents are int32.
  if (types[1].is_weak && !types[0].is_weak)
    return emit(Op::ldexp, {convert(x, loop), convert(exponent, DType::int32)});
  const bool is_long = second == DType::int64 || second == DType::uint32;
  return emit(Op::ldexp, {convert(x, loop), cast(node_of(exponent), is_long ? DType::int64 : DType::int32)});
}

NodeId Binder::where(const Value& condition, const Value& yes, const Value& no) {
  const std::array types = {type_of(yes), type_of(no)};
  const DType loop = common_dtype(types);
  const NodeId mask = convert(condition, DType::bool_);
  return emit(Op::where, {mask, convert(yes, loop, WeakRule::wrapping), convert(no, loop, WeakRule::wrapping)});
}

NodeId Binder::compare(Op op, const Value& a, const Value& b, Span) {
  const OperandType left = type_of(a), right = type_of(b);
  if (left.is_weak && right.is_weak) return compare_numbers(op, a, b);
  if (left.is_weak) return compare_with_weak(mirrored(op), b.node, a);
  if (right.is_weak) return compare_with_weak(op, a.node, b);
  return compare_nodes(op, a.node, b.node);
}

// Exact where an int is fixed, or too large for an int64 array.
NodeId Binder::compare_numbers(Op op, const Value& a, const Value& b) {
  const auto is_large = [&](const Value& value) {
    return !value.scalar.is_float() && !decide_fits(value, DType::int64);
  };
  const bool is_fixed = !a.follows_inputs() && !b.follows_inputs();
  if (is_fixed || is_large(a) || is_large(b)) return convert(weak_compare(operator_of(op), a, b), DType::bool_);
  return compare_nodes(op, node_of(a), node_of(b));
}

// Exact, whatever the Python int: one outside the array's dtype is below or above every element.
NodeId Binder::compare_with_weak(Op op, NodeId node, const Value& bound) {
  const DType from = dtype(node);
  const bool integers = !is_float(from) && bound.scalar.kind == Kind::signed_integer;
  if (!integers) {
    const std::array types = {strong(from), weak(bound.scalar.kind)};
    const DType loop = common_dtype(types);
    return emit(op, {cast(node, loop), convert(bound, loop)});
  }
  if (bound.is_dynamic()) return compare_nodes(op, node, bound.node);
  const DType loop = is_bool(from) ? DType::int64 : from;
  if (decide_fits(bound, loop)) return emit(op, {cast(node, loop), convert(bound, loop)});
  const bool answer = fold_compare(operator_of(op), weak_integer(0), bound.scalar);
  return broadcast(constant(DType::bool_, weak_bool(answer)), Shape(shape(node)));
}

// int64 with uint64 has no common integer dtype: a negative number is below every unsigned one, others compare as
// uint64.
NodeId Binder::compare_nodes(Op op, NodeId a, NodeId b) {
  const bool mixed =
      (is_signed(dtype(a)) && dtype(b) == DType::uint64) || (is_signed(dtype(b)) && dtype(a) == DType::uint64);
  if (!mixed) {
    const DType loop = promote_types(dtype(a), dtype(b));
    return emit(op, {cast(a, loop), cast(b, loop)});
  }
  if (dtype(a) == DType::uint64) return compare_nodes(mirrored(op), b, a);
  const NodeId negative = emit(Op::less, {a, constant_of(dtype(a), 0)});
  const NodeId unsigned_answer = emit(op, {cast(a, DType::uint64), b});
  const bool answer = op == Op::less || op == Op::less_equal || op == Op::not_equal;
  if (answer) return emit(Op::logical_or, {negative, unsigned_answer});
  return emit(Op::logical_and, {emit(Op::logical_not, {negative}), unsigned_answer});
}

}  // namespace fuseval::frontend

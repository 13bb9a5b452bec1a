// Lists and tuples as arrays, as numpy.array makes them: the dtypes of the elements promoted, Python's numbers as
// bool_, int64 or float64. A list of numbers alone is an array that the program keeps (literal_arrays.hpp); any other
// is put together by the index along its axis.
#include <algorithm>

#include "frontend/binder.hpp"
#include "frontend/literal_arrays.hpp"

namespace fuseval::frontend {
namespace {

// Of a list that is put together: each element is a step of every element of the result.
constexpr size_t longest_list = 128;

/// "two lists", "a list and a plain int".
std::string pair_of(const Value& a, const Value& b) {
  if (a.kind != b.kind) return fmt::format("{} and {}", describe(a), describe(b));
  return a.kind == ValueKind::list ? "two lists" : "two tuples";
}

}  // namespace

// The depth of lists is that of the text's brackets, which is limited.
DType Binder::list_dtype(const Value& value) {
  if (value.is_array()) return dtype(value.node);
  if (value.is_weak()) {
    if (const auto dtype = number_dtype(value)) return *dtype;
    fail(ErrorCode::value, value.span, "the integer {} does not fit in int64 or uint64", value.scalar.integer.text());
  }
  if (!value.is_sequence())
    fail(ErrorCode::argument, value.span, "the elements of an array must be numbers or arrays, not {}",
         describe(value));
  if (value.slot) return inputs_[*value.slot].dtype;
  std::optional<DType> result;
  for (const Value& item : value.items) {
    const DType next = list_dtype(item);
    result = result ? promote_types(*result, next) : next;
  }
  return result.value_or(DType::float64);
}

std::optional<DType> Binder::number_dtype(const Value& value) {
  if (!value.follows_inputs()) return array_dtype(value.scalar);
  const DType dtype = default_dtype(value.scalar.kind);
  if (dtype != DType::int64 || decide_fits(value, dtype)) return dtype;
  return decide_fits(value, DType::uint64) ? std::optional(DType::uint64) : std::nullopt;
}

Value Binder::as_array(const Value& value, std::optional<DType> wanted) {
  return array(list_node(value, wanted ? *wanted : list_dtype(value)), value.span);
}

NodeId Binder::list_node(const Value& value, DType dtype) {
  if (!value.is_sequence()) return convert(value, dtype);
  if (value.slot) return kept_list(value, dtype);
  if (value.items.size() > longest_list)
    fail(ErrorCode::limit, value.span,
         "a list of {} elements that are not all written as numbers: at most {} are allowed; bind an array",
         value.items.size(), longest_list);
  std::vector<NodeId> nodes;
  for (const Value& item : value.items) {
    nodes.push_back(list_node(item, dtype));
    if (shape(nodes.back()) != shape(nodes[0]))
      fail(ErrorCode::shape, item.span, "the list is ragged: this element has shape {}, but the first one has {}",
           to_string(shape(nodes.back())), to_string(shape(nodes[0])));
  }
  return stack(nodes, dtype);
}

NodeId Binder::kept_list(const Value& value, DType target) {
  const InputInfo& kept = inputs_[*value.slot];
  use(*value.slot);
  const NodeId node = graph().input(*value.slot, kept.dtype, kept.shape);
  if (kept.dtype == target) return node;
  check_elements(value, target);
  // Python's int becomes a float32 by way of double, as in NumPy.
  const bool through_double = target == DType::float32 && is_integer(kept.dtype);
  return cast(through_double ? cast(node, DType::float64) : node, target);
}

void Binder::check_elements(const Value& value, DType target) {
  if (is_bool(target)) return;
  for (const Value& item : value.items) {
    if (item.is_sequence()) {
      check_elements(item, target);
      continue;
    }
    try {
      as_element(item.scalar, target, WeakRule::checked);
    } catch (const Error& error) {
      throw error.at(item.span);
    }
  }
}

NodeId Binder::stack(std::span<const NodeId> nodes, DType dtype) {
  Shape whole = nodes.empty() ? Shape{} : shape(nodes[0]);
  if (whole.size() == max_rank)
    throw Error(ErrorCode::limit, fmt::format("a list makes an array of at most {} dimensions", max_rank));
  whole.insert(whole.begin(), static_cast<int64_t>(nodes.size()));
  if (nodes.empty()) return broadcast(constant_of(dtype, 0), whole);
  NodeId result = broadcast(nodes.back(), whole);
  if (nodes.size() == 1) return result;
  const NodeId index = graph().index(whole, 0);
  for (size_t k = nodes.size() - 1; k-- > 0;) {
    const NodeId is_before = emit(Op::less_equal, {index, constant_of(DType::int64, static_cast<int64_t>(k))});
    result = emit(Op::where, {is_before, nodes[k], result});
  }
  return result;
}

// As in Python, a list is an array where the other operand is one, and else has operators of its own.
void Binder::lists_to_arrays(Operator op, Value& a, Value& b, Span span) {
  if (!a.is_sequence() && !b.is_sequence()) return;
  if (a.is_array() || b.is_array()) {
    Value& list = a.is_array() ? b : a;
    list = as_array(list);
    return;
  }
  const bool joins = op == Operator::add && a.is_sequence() && b.is_sequence();
  if (joins || op == Operator::multiply)
    fail(ErrorCode::argument, span, "`{}` {} in Python: write array([...]) to compute with {} elements",
         spelling_of(op), joins ? "joins lists" : "repeats a list", joins ? "their" : "its");
  fail(ErrorCode::argument, span,
       "`{}` is elementwise only if an operand is an array, not between {}: write array([...])", spelling_of(op),
       pair_of(a, b));
}

}  // namespace fuseval::frontend

// Names that the language itself has (functions, dtypes, constants, modules), and the attributes of arrays.
#include <algorithm>
#include <numeric>

#include "frontend/binder.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/functions.hpp"
#include "frontend/unavailable.hpp"
#include "frontend/vocabulary.hpp"

namespace fuseval::frontend {
namespace {

constexpr std::string_view linalg = "np.linalg";

std::optional<double> constant_named(std::string_view name) {
  for (const NamedConstant& constant : named_constants())
    if (name == constant.name) return constant.value;
  return std::nullopt;
}

Value reversed_axes(Binder& binder, NodeId node) {
  std::vector<int> permutation;
  for (int axis = binder.rank(node); axis-- > 0;) permutation.push_back(axis);
  return Binder::array(binder.graph().view(node, AffineView::transpose(binder.shape(node), permutation)));
}

Value swapped_last_axes(Binder& binder, NodeId node, Span span) {
  const int rank = binder.rank(node);
  if (rank < 2) fail(ErrorCode::shape, span, "`.mT` needs an array of at least two dimensions");
  std::vector<int> permutation(static_cast<size_t>(rank));
  std::iota(permutation.begin(), permutation.end(), 0);
  std::swap(permutation[permutation.size() - 1], permutation[permutation.size() - 2]);
  return Binder::array(binder.graph().view(node, AffineView::transpose(binder.shape(node), permutation)));
}

Value shape_tuple(Binder& binder, NodeId node) {
  std::vector<Value> extents;
  for (const int64_t extent : binder.shape(node)) extents.push_back(Binder::number(weak_integer(extent)));
  return Binder::tuple(std::move(extents));
}

std::optional<Value> array_attribute(Binder& binder, const Value& object, std::string_view name, Span name_span) {
  const NodeId node = object.node;
  const auto integer = [](Integer value) { return Binder::number(weak_integer(value)); };
  if (name == "T") return reversed_axes(binder, node);
  if (name == "mT") return swapped_last_axes(binder, node, name_span);
  if (name == "real") return object;
  if (name == "imag")
    return Binder::array(binder.broadcast(binder.constant_of(binder.dtype(node), 0), Shape(binder.shape(node))));
  if (name == "shape") return shape_tuple(binder, node);
  if (name == "ndim") return integer(binder.rank(node));
  if (name == "size") return integer(element_count(binder.shape(node)));
  if (name == "itemsize") return integer(size_of(binder.dtype(node)));
  if (name == "nbytes") return integer(Integer{size_of(binder.dtype(node))} * element_count(binder.shape(node)));
  if (name == "dtype") {
    Value value;
    value.kind = ValueKind::dtype;
    value.dtype = binder.dtype(node);
    value.text = name_of(value.dtype);
    return value;
  }
  return std::nullopt;
}

Value callable(const FunctionInfo& function) {
  Value value;
  value.kind = ValueKind::function;
  value.function = &function;
  return value;
}

// Throws if `name` is an attribute or method of arrays, and the object a list, a tuple or a number.
void refuse_array_attribute(const Value& object, std::string_view name, Span name_span) {
  if (!object.is_sequence() && !object.is_weak()) return;
  const std::string_view operand = object.is_sequence() ? "[...]" : "...";
  if (const FunctionInfo* method = find_method(name)) {
    const bool takes_more = std::any_of(method->parameters.begin() + 1, method->parameters.end(),
                                        [](const Parameter& parameter) { return parameter.is_required; });
    const std::string call =
        find_function(name) ? fmt::format(" or {}({}{})", name, operand, takes_more ? ", ..." : "") : "";
    fail(ErrorCode::unknown_function, name_span, "{} has no method `{}`: write array({}).{}({}){}", describe(object),
         name, operand, name, takes_more ? "..." : "", call);
  }
  for (const AttributeInfo& attribute : array_attributes())
    if (attribute.name == name)
      fail(ErrorCode::unknown_function, name_span, "{} has no attribute `{}`: write array({}).{}", describe(object),
           name, operand, name);
}

[[noreturn]] void no_attribute(const Value& object, std::string_view name, Span name_span) {
  if (object.is_array()) refuse_unavailable(why_unavailable_attribute(name), name_span);
  if (object.kind == ValueKind::module)
    refuse_unavailable(object.text == linalg ? why_unavailable_in_linalg(name) : why_unavailable(name), name_span);
  refuse_array_attribute(object, name, name_span);
  std::vector<std::string_view> known = object.kind == ValueKind::module ? function_names() : method_names();
  if (object.is_array())
    for (const AttributeInfo& attribute : array_attributes()) known.push_back(attribute.name);
  fail(ErrorCode::unknown_function, name_span, "{} has no attribute `{}`{}", describe(object), name,
       did_you_mean(name, known));
}

}  // namespace

std::optional<DType> dtype_named(std::string_view name) {
  if (name == "float") return DType::float64;
  if (name == "int") return DType::int64;
  return dtype_from_name(name);
}

std::vector<std::string_view> dtype_names() {
  std::vector<std::string_view> names = {"float", "int"};
  for (int k = 0; k < dtype_count; ++k) names.push_back(name_of(static_cast<DType>(k)));
  return names;
}

void check_input(std::string_view name, DType dtype) {
  if (!is_computed(dtype))
    throw Error(ErrorCode::unsupported,
                fmt::format("input '{}' has dtype {}, which this version does not compute with", name, name_of(dtype)));
}

std::optional<Value> Binder::builtin(std::string_view name, Span span) {
  Value value;
  value.span = span;
  value.text = name;
  if (const auto number = constant_named(name)) return Binder::number(weak_float(*number), span);
  if (const FunctionInfo* function = find_function(name)) return callable(*function);
  if (const auto dtype = dtype_named(name)) {
    value.kind = ValueKind::dtype;
    value.dtype = *dtype;
    return value;
  }
  if (name == "newaxis") return value;
  value.kind = ValueKind::module;
  return is_module(name) ? std::optional(std::move(value)) : std::nullopt;
}

Value Binder::attribute(Value object, std::string_view name, Span name_span, Span span) {
  if (object.kind == ValueKind::module) {
    if (name == "linalg") {
      object.text = linalg;
      return object;
    }
    auto value = builtin(name, span);
    if (!value || value->kind == ValueKind::module) no_attribute(object, name, name_span);
    return std::move(*value);
  }
  if (!object.is_array()) no_attribute(object, name, name_span);
  if (auto value = array_attribute(*this, object, name, name_span)) return std::move(*value);
  const FunctionInfo* method = find_method(name);
  if (!method) no_attribute(object, name, name_span);
  Value value = callable(*method);
  value.items.push_back(std::move(object));
  return value;
}

}  // namespace fuseval::frontend

// The state of one bind, and the steps that its parts (operators, indexing, functions) share.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <span>
#include <string_view>
#include <unordered_map>

#include "frontend/bind.hpp"
#include "frontend/bind_value.hpp"
#include "frontend/typing.hpp"

namespace fuseval::frontend {

template <class... Args>
[[noreturn]] void fail(ErrorCode code, Span span, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...), span);
}

/// A dtype as a text spells it: its name, or Python's `float` and `int`.
std::optional<DType> dtype_named(std::string_view name);
/// Every spelling that dtype_named knows.
std::vector<std::string_view> dtype_names();

class Binder {
 public:
  Binder(const Ast& ast, std::span<const InputInfo> inputs, const Limits& limits);
  BoundFunction run();
  /// The value of the whole text, which may be no result.
  const Value& bind_root();

  Graph& graph() { return result_.function.graph; }
  const Shape& shape(NodeId node) { return graph().shape(node); }
  DType dtype(NodeId node) { return graph().dtype(node); }
  int rank(NodeId node) { return static_cast<int>(shape(node).size()); }

  // ---- values
  static Value array(NodeId node, Span span = {});
  static Value number(const WeakScalar& scalar, Span span = {});
  static Value tuple(std::vector<Value> items, Span span = {});
  /// A strong array node: a Python scalar becomes bool_, int64 or float64. Other values are Error(argument).
  NodeId node_of(const Value& value);
  /// What typing sees; Error(argument) when the value is no operand.
  OperandType type_of(const Value& value) const;
  /// `value` as an operand of a loop in `dtype`, not broadcast.
  NodeId convert(const Value& value, DType dtype, WeakRule rule = WeakRule::checked);
  /// The value in this call: the graph is then for exactly this value. For what shapes, axes and indices depend on.
  const WeakScalar& fold(const Value& value);
  /// The outcome of a comparison with a number in this call: the graph is then for this outcome.
  bool decide(Operator op, const Value& value, const WeakScalar& bound);
  /// Whether a Python int or bool is one of `dtype`'s values; the graph is then for this outcome.
  bool decide_fits(const Value& value, DType dtype);
  /// Python's truth of a value that is no array.
  static bool is_true(const Value& value);
  /// The truth in this call: the program is then for this outcome.
  bool decide(const Value& value);
  /// A Python int or bool that fits int64. `what` names it in messages ("the offset").
  void require_int64(const Value& value, std::string_view what);
  /// Such a number known now: an offset, a count.
  int64_t static_integer(const Value& value, std::string_view what);
  /// The same for what NumPy refuses a bool for: an axis, an extent.
  int64_t static_index(const Value& value, std::string_view what);
  /// One index or a tuple or list of them.
  std::vector<int64_t> static_integers(const Value& value, std::string_view what);
  Shape static_shape(const Value& value);
  /// A flag: a Python bool or int.
  bool static_bool(const Value& value, std::string_view what);
  /// A dtype, float, int, bool or a dtype's name as a string, that this version computes with.
  DType static_dtype(const Value& value);

  // ---- lists as arrays (bind_list.cpp)
  /// numpy.array(value, dtype): of an array, a number, or a list or tuple of these.
  Value as_array(const Value& value, std::optional<DType> dtype = {});
  /// The dtype of numpy.array of a Python number; empty for an int beyond int64 and uint64. The graph is then for the
  /// values of this dtype.
  std::optional<DType> number_dtype(const Value& value);

  // ---- nodes. `emit` broadcasts; operands must already have the loop's dtype
  NodeId emit(Op op, std::initializer_list<NodeId> inputs);
  NodeId emit(Op op, std::span<const NodeId> inputs);
  NodeId constant(DType dtype, const WeakScalar& value);
  NodeId constant(DType dtype, double value) { return constant(dtype, weak_float(value)); }
  NodeId constant_of(DType dtype, int64_t value) { return constant(dtype, weak_integer(value)); }
  NodeId cast(NodeId node, DType dtype);
  /// node != 0 as a bool.
  NodeId truth(NodeId node);
  NodeId broadcast(NodeId node, const Shape& shape);
  Shape common_shape(std::span<const NodeId> nodes);

  // ---- operations with NumPy's typing (bind_operators.cpp)
  /// A ufunc over arrays and Python scalars; the result is strong.
  NodeId apply(Op op, std::span<const Value* const> operands, Span span);
  NodeId apply(Op op, std::initializer_list<Value> operands, Span span);
  /// The same in a given loop dtype (the dtype= keyword).
  NodeId apply_in(Op op, DType loop, std::span<const Value* const> operands, Span span);
  NodeId where(const Value& condition, const Value& yes, const Value& no);
  /// Of a vector with a vector or a matrix. name: for messages.
  Value matmul(std::string_view name, const Value& a, const Value& b, Span span);
  /// `**` and power(); only the operator takes NumPy's short cut of squaring bools as int8.
  NodeId power(const Value& base, const Value& exponent, bool is_operator, Span span);
  /// The value itself, as an array; bool is an error.
  NodeId positive(const Value& value, Span span);
  NodeId compare(Op op, const Value& a, const Value& b, Span span);
  /// Python's operators on two Python scalars, or one.
  Value weak_unary(Operator op, const Value& a);
  Value weak_binary(Operator op, const Value& a, const Value& b);
  void add_check(NodeId node, std::string message, Span span);

  // ---- contexts (bind_index.cpp, bind_attributes.cpp)
  Value subscript(Value object, std::span<const Value> items, Span span);
  Value attribute(Value object, std::string_view name, Span name_span, Span span);
  /// A function, dtype or constant of the language; empty when there is none.
  static std::optional<Value> builtin(std::string_view name, Span span);

 private:
  /// An expression whose children are being bound.
  struct Visit {
    ExprId id;
    uint32_t count = 0;              ///< children requested so far
    std::optional<uint32_t> chosen;  ///< conditional: the branch that is evaluated; empty: both
  };
  ScalarProgram& scalars() { return result_.scalars; }
  void bind_tree();
  void bind_expr(ExprId id);
  void note_skipped();
  Value bind_name(const Expr& expr, bool is_callee);
  Value bind_input(uint32_t slot, Span span);
  Value bind_call(const Expr& expr);
  void require_allowed(const FunctionInfo& function, const Expr& callee) const;
  Value bind_unary(Operator op, const Value& a, Span span);
  Value bind_binary(Operator op, Value& a, Value& b, Span span);
  Value bind_not(const Value& a);
  Value compare_pair(Operator op, Value& a, Value& b);
  // bind_conditions.cpp
  std::optional<ExprId> next_child(Visit& visit);
  std::optional<ExprId> next_of_conditional(const Expr& expr, Visit& visit, uint32_t count);
  bool extends(const Expr& expr, uint32_t bound, Value& result, Value next);
  Value compared(const Expr& expr, uint32_t k);
  Value combined(Op op, const Value& a, Value b);
  Value selected(const Expr& expr);
  static Value decided(Value value, bool outcome);
  // bind_list.cpp
  DType list_dtype(const Value& value);
  NodeId list_node(const Value& value, DType dtype);
  NodeId kept_list(const Value& value, DType dtype);
  void check_elements(const Value& value, DType dtype);
  NodeId stack(std::span<const NodeId> nodes, DType dtype);
  void lists_to_arrays(Operator op, Value& a, Value& b, Span span);
  // bind_weak.cpp
  ScalarProgram::Step step_of(const Value& value);
  static Value following(const WeakScalar& scalar, ScalarProgram::Step step);
  static Value with_node(Value value, NodeId node);
  Value weak_compare(Operator op, const Value& a, const Value& b);
  Value weak_not(const Value& a);
  NodeId apply_ldexp(const Value& x, const Value& exponent, Span span);
  std::optional<NodeId> apply_to_integer(Op op, const Value& operand);
  std::vector<Value> take_children(const Expr& expr, uint32_t first = 0);
  void add_output(const Value& value);
  void add_outputs(const Value& root);
  NodeId weak_node(const Value& value, DType dtype, WeakRule rule);
  NodeId element_input(const Value& value, DType dtype, WeakRule rule);
  NodeId compare_numbers(Op op, const Value& a, const Value& b);
  NodeId compare_with_weak(Op op, NodeId array, const Value& bound);
  NodeId compare_nodes(Op op, NodeId a, NodeId b);
  NodeId repeated_product(NodeId base, int exponent);
  NodeId weak_power(const Value& base, const Value& exponent, DType loop, Span span);
  NodeId integer_power(NodeId base, const Value& exponent, DType loop);
  PowerForm decide_form(const Value& exponent, DType loop);
  void check_exponent(const Value& exponent, DType loop, Span span);
  void use(uint32_t slot);
  std::string suggestion(std::string_view name) const;

  const Ast& ast_;
  std::span<const InputInfo> inputs_;
  const Limits& limits_;
  std::unordered_map<std::string_view, uint32_t> slot_of_;
  std::unordered_map<ExprId, uint32_t> slot_of_list_;
  std::vector<Value> values_;
  std::vector<uint8_t> is_callee_, is_used_;
  BoundFunction result_;
};

}  // namespace fuseval::frontend

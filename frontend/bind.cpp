// bind: a walk over the tree with a stack of its own, however deep the tree is. Children are bound before their
// parents, and only those that Python would evaluate (bind_conditions.cpp).
#include "frontend/bind.hpp"

#include <algorithm>

#include "frontend/binder.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/functions.hpp"
#include "frontend/other_tools.hpp"
#include "frontend/unavailable.hpp"
#include "frontend/vocabulary.hpp"

namespace fuseval::frontend {

Binder::Binder(const Ast& ast, std::span<const InputInfo> inputs, const Limits& limits)
    : ast_(ast), inputs_(inputs), limits_(limits), is_used_(inputs.size()) {
  for (uint32_t slot = 0; slot < inputs.size(); ++slot)
    if (inputs[slot].literal)
      slot_of_list_.emplace(*inputs[slot].literal, slot);
    else
      slot_of_.emplace(inputs[slot].name, slot);
  graph().set_node_limit(limits.nodes);
}

const Value& Binder::bind_root() {
  values_.resize(ast_.exprs.size());
  is_callee_ = callees(ast_);
  bind_tree();
  return values_[ast_.root];
}

BoundFunction Binder::run() {
  bind_root();
  try {
    add_outputs(values_[ast_.root]);
  } catch (const Error& error) {
    throw error.at(ast_[ast_.root].span);
  }
  scalars().simplify();
  return std::move(result_);
}

void Binder::bind_tree() {
  size_t count = 0;
  std::vector<Visit> open = {{ast_.root, 0, {}}};
  while (!open.empty()) {
    const ExprId id = open.back().id;
    try {
      if (const auto child = next_child(open.back())) {
        open.push_back({*child, 0, {}});
        continue;
      }
      bind_expr(id);
    } catch (const Error& error) {
      throw error.at(ast_[id].span);
    }
    open.pop_back();
    ++count;
  }
  if (count < ast_.exprs.size()) note_skipped();
}

void Binder::note_skipped() {
  std::vector<uint8_t> is_noted = is_used_;
  for (ExprId id = 0; id < ast_.exprs.size(); ++id) {
    if (ast_[id].kind != ExprKind::name || is_callee_[id]) continue;
    const auto bound = slot_of_.find(ast_.text(ast_[id]));
    if (bound == slot_of_.end() || is_noted[bound->second]) continue;
    is_noted[bound->second] = true;
    result_.skipped_slots.push_back(bound->second);
  }
}

std::vector<Value> Binder::take_children(const Expr& expr, uint32_t first) {
  std::vector<Value> items;
  items.reserve(expr.child_count - first);
  for (uint32_t k = first; k < expr.child_count; ++k) items.push_back(std::move(values_[ast_.child(expr, k)]));
  return items;
}

void Binder::bind_expr(ExprId id) {
  const Expr& expr = ast_[id];
  Value& value = values_[id];
  const auto child = [&](uint32_t k) -> Value& { return values_[ast_.child(expr, k)]; };
  const auto container = [&](ValueKind kind) {
    value.kind = kind;
    value.items = take_children(expr);
    if (const auto kept = slot_of_list_.find(id); kept != slot_of_list_.end()) value.slot = kept->second;
  };
  switch (expr.kind) {
    case ExprKind::integer:
      value = number(parse_integer(ast_.text(expr)));
      break;
    case ExprKind::floating:
      value = number(weak_float(expr.number));
      break;
    case ExprKind::imaginary:
      fail(ErrorCode::unsupported, expr.span,
           "complex numbers are part of the language but not available in this version");
    case ExprKind::boolean:
      value = number(weak_bool(expr.number != 0));
      break;
    case ExprKind::string:
      value.kind = ValueKind::string;
      value.text = ast_.text(expr);
      break;
    case ExprKind::none:
      value.kind = ValueKind::none;
      break;
    case ExprKind::ellipsis:
      value.kind = ValueKind::ellipsis;
      break;
    case ExprKind::name:
      value = bind_name(expr, is_callee_[id]);
      break;
    case ExprKind::unary:
      value = bind_unary(expr.op, child(0), expr.span);
      break;
    case ExprKind::binary:
      value = bind_binary(expr.op, child(0), child(1), expr.span);
      break;
    case ExprKind::logical_not:
      value = bind_not(child(0));
      break;
    case ExprKind::compare:
    case ExprKind::logical_and:
    case ExprKind::logical_or:
    case ExprKind::conditional:
      break;  // next_child has bound them on the way
    case ExprKind::call:
      value = bind_call(expr);
      break;
    case ExprKind::keyword:
      value = std::move(child(0));
      return;
    case ExprKind::attribute:
      value = attribute(std::move(child(0)), ast_.text(expr), expr.op_span, expr.span);
      break;
    case ExprKind::subscript:
      value = subscript(std::move(child(0)), take_children(expr, 1), expr.span);
      break;
    case ExprKind::slice:
      container(ValueKind::slice);
      break;
    case ExprKind::tuple:
      container(ValueKind::tuple);
      break;
    case ExprKind::list:
      container(ValueKind::list);
      break;
  }
  value.span = expr.span;
}

Value Binder::bind_name(const Expr& expr, bool is_callee) {
  const std::string_view name = ast_.text(expr);
  const auto bound = slot_of_.find(name);
  auto word = builtin(name, expr.span);
  if (bound == slot_of_.end()) {
    if (word) return std::move(*word);
    if (is_callee) refuse_unavailable(why_unavailable(name), expr.span);
    fail(is_callee ? ErrorCode::unknown_function : ErrorCode::unknown_name, expr.span, "unknown {} `{}`{}",
         is_callee ? "function" : "name", name, suggestion(name));
  }
  if (!is_callee) return bind_input(bound->second, expr.span);
  // Arrays cannot be called, so that a call means the function whatever else has its name.
  if (word && (word->kind == ValueKind::function || word->kind == ValueKind::dtype)) return std::move(*word);
  refuse_unavailable(why_unavailable(name), expr.span);
  fail(ErrorCode::unknown_function, expr.span,
       "unknown function `{}`: the name is bound to {}, which cannot be called{}", name,
       inputs_[bound->second].is_weak ? "a number" : "an array", did_you_mean(name, function_names()));
}

Value Binder::bind_input(uint32_t slot, Span span) {
  const InputInfo& input = inputs_[slot];
  use(slot);
  Value value = array(graph().input(slot, input.dtype, input.shape), span);
  if (input.is_weak) {
    value.kind = ValueKind::weak;
    value.scalar = weak_from_bits(input.dtype, input.bits);
    value.step = scalars().input(slot, input.dtype);
    value.has_node = true;
  }
  return value;
}

void Binder::use(uint32_t slot) {
  if (is_used_[slot]) return;
  is_used_[slot] = true;
  result_.used_slots.push_back(slot);
  if (result_.used_slots.size() > limits_.operands)
    throw Error(ErrorCode::limit, fmt::format("the text uses more than {} arrays", limits_.operands));
}

std::string Binder::suggestion(std::string_view name) const {
  if (std::string known = write_instead(name); !known.empty()) return known;
  std::vector<std::string_view> known = function_names();
  for (const std::string_view constant : words(WordKind::constant)) known.push_back(constant);
  for (const std::string_view dtype : dtype_names()) known.push_back(dtype);
  for (const InputInfo& input : inputs_) known.push_back(input.name);
  return did_you_mean(name, known);
}

// Here, where functions are called, because a text can write what it calls in more than one way: (sin, cos)[0](x).
void Binder::require_allowed(const FunctionInfo& function, const Expr& callee) const {
  if (!limits_.functions || std::binary_search(limits_.functions->begin(), limits_.functions->end(), function.name))
    return;
  const Span span = callee.kind == ExprKind::attribute ? callee.op_span : callee.span;
  fail(ErrorCode::unsupported, span, "`{}` is not allowed in this session", function.name);
}

Value Binder::bind_call(const Expr& expr) {
  const Value& callee = values_[ast_.child(expr, 0)];
  std::vector<Value> keep = take_children(expr, 1);
  if (callee.kind == ValueKind::dtype) {
    if (keep.size() != 1 || ast_[ast_.child(expr, 1)].kind == ExprKind::keyword)
      fail(ErrorCode::argument, expr.span, "{}() takes 1 positional argument", callee.text);
    const DType dtype = static_dtype(callee);
    return keep[0].is_sequence() ? as_array(keep[0], dtype) : array(convert(keep[0], dtype));
  }
  if (callee.kind != ValueKind::function)
    fail(ErrorCode::unknown_function, callee.span, "{} cannot be called", describe(callee));
  std::vector<Argument> arguments;
  for (const Value& object : callee.items) arguments.push_back({{}, object.span, &object});
  for (uint32_t k = 1; k < expr.child_count; ++k) {
    const Expr& argument = ast_[ast_.child(expr, k)];
    const bool is_keyword = argument.kind == ExprKind::keyword;
    arguments.push_back({is_keyword ? ast_.text(argument) : std::string_view{}, argument.span, &keep[k - 1]});
  }
  const FunctionInfo& function = *callee.function;
  require_allowed(function, ast_[ast_.child(expr, 0)]);
  Arguments matched = match_arguments(function, arguments, expr.span, expr.op_span);
  std::vector<Value> arrays(matched.values.size());
  for (size_t k = 0; k < arrays.size(); ++k)
    if (function.parameters[k].takes_list && matched.values[k] && matched.values[k]->is_sequence())
      matched.values[k] = &(arrays[k] = as_array(*matched.values[k]));
  return function.handler(*this, matched);
}

void Binder::add_output(const Value& value) {
  result_.function.outputs.push_back(node_of(value.kind == ValueKind::list ? as_array(value) : value));
  result_.weak_outputs.push_back(value.is_weak());
}

void Binder::add_outputs(const Value& root) {
  Function& function = result_.function;
  function.returns_tuple = root.kind == ValueKind::tuple;
  if (!function.returns_tuple) return add_output(root);
  if (root.items.empty()) fail(ErrorCode::argument, root.span, "an empty tuple is not a result");
  for (const Value& item : root.items) {
    if (item.kind == ValueKind::tuple) fail(ErrorCode::argument, item.span, "a tuple inside a tuple is not a result");
    add_output(item);
  }
}

BoundFunction bind(const Ast& ast, std::span<const InputInfo> inputs, const Limits& limits) {
  return Binder(ast, inputs, limits).run();
}

std::optional<DType> dtype_value(const Ast& ast, std::span<const InputInfo> inputs, const Limits& limits) {
  Binder binder(ast, inputs, limits);
  const Value& root = binder.bind_root();
  return root.kind == ValueKind::dtype ? std::optional(root.dtype) : std::nullopt;
}

}  // namespace fuseval::frontend

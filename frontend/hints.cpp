// Each rule looks at one kind of expression. It speaks where the other reading is the likely one, and nowhere else:
// `flags & 4 == 4` is good Python for (flags & 4) == 4.
#include "frontend/hints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace fuseval::frontend {
namespace {

bool is_bitwise(const Expr& expr) {
  return expr.kind == ExprKind::binary &&
         (expr.op == Operator::bitwise_and || expr.op == Operator::bitwise_or || expr.op == Operator::bitwise_xor);
}

constexpr std::string_view conditions[] = {"all",        "any",         "isclose",  "isfinite",    "isinf",
                                           "isnan",      "isneginf",    "isposinf", "logical_and", "logical_not",
                                           "logical_or", "logical_xor", "signbit"};

bool is_shift(const Expr& expr) {
  return expr.kind == ExprKind::binary && (expr.op == Operator::left_shift || expr.op == Operator::right_shift);
}

/// & | << >>: beside them ^ is one of their kind.
bool is_of_masks(const Expr& expr) { return is_shift(expr) || (is_bitwise(expr) && expr.op != Operator::bitwise_xor); }

class Rules {
 public:
  Rules(const Ast& ast, std::span<const InputInfo> inputs)
      : ast_(ast), is_condition_(ast.exprs.size()), is_part_of_mask_(ast.exprs.size()) {
    for (const InputInfo& input : inputs) dtypes_.emplace(input.name, input.dtype);
    for (const Expr& expr : ast.exprs)
      for (uint32_t k = 0; k < expr.child_count; ++k) is_part_of_mask_[ast.child(expr, k)] = is_of_masks(expr);
  }

  std::vector<Hint> run() {
    for (ExprId id = 0; id < ast_.exprs.size(); ++id) {  // children come first
      const Expr& expr = ast_[id];
      is_condition_[id] = condition(expr);
      if (expr.kind == ExprKind::compare) mask(expr), nan(expr);
      if (expr.kind == ExprKind::call) axis(expr);
      const bool is_xor = expr.kind == ExprKind::binary && expr.op == Operator::bitwise_xor;
      if (is_xor && !is_part_of_mask_[id]) power(expr);
    }
    comma(ast_[ast_.root]);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Hint& a, const Hint& b) { return a.span.begin < b.span.begin; });
    return std::move(found_);
  }

 private:
  const Expr& child(const Expr& expr, uint32_t k) const { return ast_[ast_.child(expr, k)]; }
  bool is_condition_child(const Expr& expr, uint32_t k) const { return is_condition_[ast_.child(expr, k)]; }
  void add(HintKind kind, Span span, std::string message) { found_.push_back({kind, std::move(message), span}); }

  /// The name of what is called: sum(a), np.sum(a), a.sum().
  std::string_view function(const Expr& call) const {
    const Expr& callee = child(call, 0);
    const bool is_named = callee.kind == ExprKind::name || callee.kind == ExprKind::attribute;
    return is_named ? ast_.text(callee) : std::string_view{};
  }

  /// Whether the value is true or false, as far as the text and the inputs' dtypes tell.
  bool condition(const Expr& expr) const {
    switch (expr.kind) {
      case ExprKind::compare:
      case ExprKind::logical_not:
      case ExprKind::boolean:
        return true;
      case ExprKind::name: {
        const auto bound = dtypes_.find(ast_.text(expr));
        return bound != dtypes_.end() && bound->second == DType::bool_;
      }
      case ExprKind::call: {
        const std::string_view callee = function(expr);
        return std::find(std::begin(conditions), std::end(conditions), callee) != std::end(conditions);
      }
      case ExprKind::unary:
        return expr.op == Operator::invert && is_condition_child(expr, 0);
      default:
        return is_bitwise(expr) && is_condition_child(expr, 0) && is_condition_child(expr, 1);
    }
  }

  /// & and | take an operand of the comparison from it, where only one side of them is a condition, or where they stand
  /// inside of a chain.
  void mask(const Expr& compare) {
    for (uint32_t k = 0; k < compare.child_count; ++k) {
      const Expr& operand = child(compare, k);
      if (!is_bitwise(operand) || operand.in_parentheses) continue;
      const bool is_mixed = is_condition_child(operand, 0) != is_condition_child(operand, 1);
      const bool is_inside = k > 0 && k + 1 < compare.child_count;
      if (!is_mixed && !is_inside) continue;
      const std::string_view op = spelling_of(operand.op);
      return add(
          HintKind::mask, compare.span,
          fmt::format("`{0}` binds tighter than comparisons: put each comparison beside it in parentheses, as in "
                      "(a > 1) {0} (b > 1){1}",
                      op, operand.op == Operator::bitwise_xor ? "" : ", or use `and` and `or`"));
    }
  }

  bool is_nan(const Expr& expr) const {
    if (expr.kind == ExprKind::name) return ast_.text(expr) == "nan" && !dtypes_.contains("nan");
    return expr.kind == ExprKind::attribute && ast_.text(expr) == "nan" && is_module(child(expr, 0));
  }
  bool is_module(const Expr& expr) const {
    const bool is_name = expr.kind == ExprKind::name && !dtypes_.contains(ast_.text(expr));
    return is_name && (ast_.text(expr) == "np" || ast_.text(expr) == "numpy");
  }

  void nan(const Expr& compare) {
    for (uint32_t k = 0; k < compare.child_count; ++k) {
      if (!is_nan(child(compare, k))) continue;
      const bool differs = ast_.operators[compare.first_op] == Operator::not_equal && compare.child_count == 2;
      return add(HintKind::nan, compare.span,
                 differs ? "every number differs from nan, which differs from itself: use ~isnan(...)"
                         : "no number compares with nan, not even nan itself: use isnan(...)");
    }
  }

  bool is_integer(const Expr& expr) const {
    if (expr.kind == ExprKind::unary) return expr.op == Operator::negative && is_integer(child(expr, 0));
    return expr.kind == ExprKind::integer;
  }

  /// np.max(a, 0) and a.max(0) are written by those who know NumPy's; max(a, 0) is what others write for maximum(a, 0).
  void axis(const Expr& call) {
    const Expr& callee = child(call, 0);
    if (callee.kind != ExprKind::name || call.child_count != 3 || !is_integer(child(call, 2))) return;
    const std::string_view name = ast_.text(callee);
    if (name != "max" && name != "min") return;
    add(HintKind::axis, child(call, 2).span,
        fmt::format("the second argument of {0}() is the axis: the {1} of two values is {0}imum(a, b); to reduce along "
                    "that axis, write axis={2}",
                    name, name == "max" ? "greater" : "lesser", source(child(call, 2))));
  }

  std::string_view source(const Expr& expr) const {
    return std::string_view(ast_.source).substr(expr.span.begin, expr.span.end - expr.span.begin);
  }

  /// A decimal literal of 2 or more, which is a power's exponent or base; masks are in other notations, or 1.
  bool is_decimal(const Expr& expr) const {
    if (expr.kind == ExprKind::floating) return true;
    const std::string_view digits = expr.kind == ExprKind::integer ? ast_.text(expr) : "";
    return !digits.empty() && digits != "0" && digits != "1" &&
           digits.find_first_not_of("0123456789") == std::string_view::npos;
  }

  /// A comma between two digits of a text that has two results: 3,5 * x.
  void comma(const Expr& root) {
    if (root.kind != ExprKind::tuple || root.child_count != 2) return;
    if (root.span.begin != child(root, 0).span.begin) return;  // in parentheses
    const auto is_digit = [&](size_t at) {
      return at < ast_.source.size() && ast_.source[at] >= '0' && ast_.source[at] <= '9';
    };
    const uint32_t at = child(root, 0).span.end;
    if (at == 0 || ast_.source[at] != ',' || !is_digit(at - 1) || !is_digit(at + 1)) return;
    add(HintKind::comma, {at, at + 1},
        "a comma separates results: a decimal number is written with a point, as in 3.5");
  }

  void power(const Expr& expr) {
    const Expr& left = child(expr, 0);
    const Expr& right = child(expr, 1);
    if (!is_decimal(left) && !is_decimal(right)) return;
    if (is_of_masks(left) || is_of_masks(right)) return;
    add(HintKind::power, expr.op_span, "`^` is the exclusive or of bits: a power is written `**`");
  }

  const Ast& ast_;
  std::unordered_map<std::string_view, DType> dtypes_;
  std::vector<bool> is_condition_;
  std::vector<bool> is_part_of_mask_;
  std::vector<Hint> found_;
};

}  // namespace

std::vector<Hint> hints(const Ast& ast, std::span<const InputInfo> inputs) { return Rules(ast, inputs).run(); }

}  // namespace fuseval::frontend

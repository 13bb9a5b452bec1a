#include "frontend/literal_arrays.hpp"

#include <algorithm>
#include <unordered_map>

#include "frontend/typing.hpp"

namespace fuseval::frontend {
namespace {

/// What a list that is all numbers comes to so far.
struct Numbers {
  Shape shape;
  DType dtype = DType::int64;
  std::vector<WeakScalar> elements;
};

class Search {
 public:
  explicit Search(const Ast& ast) : ast_(ast), is_array_(ast.exprs.size()) {
    for (ExprId id = static_cast<ExprId>(ast.exprs.size()); id-- > 0;) {  // parents come first
      const Expr& expr = ast[id];
      if (expr.kind == ExprKind::list) is_array_[id] = true;
      for (uint32_t k = 0; is_array_[id] && k < expr.child_count; ++k)
        if (ast[ast.child(expr, k)].kind == ExprKind::tuple) is_array_[ast.child(expr, k)] = true;
    }
  }

  std::vector<LiteralArray> run() {
    for (ExprId id = 0; id < ast_.exprs.size(); ++id)  // children come first
      if (is_array_[id]) visit(id);
    std::vector<LiteralArray> result;
    for (auto& [id, numbers] : found_) result.push_back(literal(id, numbers));
    std::sort(result.begin(), result.end(), [](auto& a, auto& b) { return a.list < b.list; });
    return result;
  }

 private:
  /// One beyond the limit on integers is an error of the list's evaluation, which knows its place.
  std::optional<WeakScalar> integer(const Expr& expr) const {
    constexpr size_t longest = 80;  // more digits and underscores than a uint64 is likely to be written with
    if (ast_.text(expr).size() > longest) return {};
    return parse_integer(ast_.text(expr));
  }

  /// The number that an expression is, if it is one by itself: 12, 1.5, True, -3.
  std::optional<WeakScalar> number(const Expr& expr) const {
    switch (expr.kind) {
      case ExprKind::integer:
        return integer(expr);
      case ExprKind::floating:
        return weak_float(expr.number);
      case ExprKind::boolean:
        return weak_bool(expr.number != 0);
      case ExprKind::unary: {
        const Expr& operand = ast_[ast_.child(expr, 0)];
        const bool is_sign = expr.op == Operator::negative || expr.op == Operator::positive;
        if (!is_sign || (operand.kind != ExprKind::integer && operand.kind != ExprKind::floating)) return {};
        const auto magnitude = number(operand);
        return magnitude ? std::optional(fold_unary(expr.op, *magnitude)) : std::nullopt;
      }
      default:
        return {};
    }
  }

  void visit(ExprId id) {
    Numbers all;
    for (uint32_t k = 0; k < ast_[id].child_count; ++k)
      if (!add(ast_.child(ast_[id], k), k == 0, all)) return;
    if (all.elements.empty() || all.shape.size() >= max_rank) return;
    all.shape.insert(all.shape.begin(), ast_[id].child_count);
    for (uint32_t k = 0; k < ast_[id].child_count; ++k) found_.erase(ast_.child(ast_[id], k));
    found_.emplace(id, std::move(all));
  }

  /// false: the element is no number, no list of them, or of another shape than the first.
  bool add(ExprId element, bool is_first, Numbers& all) const {
    Numbers one;
    const Numbers* part = &one;
    if (is_array_[element]) {
      const auto inner = found_.find(element);
      if (inner == found_.end()) return false;
      part = &inner->second;
    } else {
      const auto value = number(ast_[element]);
      const auto dtype = value ? array_dtype(*value) : std::nullopt;
      if (!dtype) return false;
      one = {{}, *dtype, {*value}};
    }
    if (!is_first && part->shape != all.shape) return false;
    all.shape = part->shape;
    all.dtype = is_first ? part->dtype : promote_types(all.dtype, part->dtype);
    all.elements.insert(all.elements.end(), part->elements.begin(), part->elements.end());
    return true;
  }

  static LiteralArray literal(ExprId id, const Numbers& numbers) {
    LiteralArray result{id, numbers.dtype, numbers.shape, {}};
    for (const WeakScalar& element : numbers.elements) {
      const WeakScalar real = is_float(numbers.dtype) ? weak_float(as_double(element)) : element;
      result.bits.push_back(constant_bits(real, numbers.dtype));
    }
    return result;
  }

  const Ast& ast_;
  std::vector<bool> is_array_;                 ///< lists, and the tuples in them
  std::unordered_map<ExprId, Numbers> found_;  ///< those that are part of no larger one so far
};

}  // namespace

std::optional<DType> array_dtype(const WeakScalar& number) {
  const DType dtype = default_dtype(number.kind);
  if (dtype != DType::int64 || fits(number, dtype)) return dtype;
  return fits(number, DType::uint64) ? std::optional(DType::uint64) : std::nullopt;
}

std::vector<LiteralArray> literal_arrays(const Ast& ast) { return Search(ast).run(); }

}  // namespace fuseval::frontend

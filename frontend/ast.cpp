#include "frontend/ast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace fuseval::frontend {
namespace {

struct OperatorInfo {
  std::string_view name;
  std::string_view spelling;
};

OperatorInfo info_of(Operator op) {
  switch (op) {
    case Operator::positive:
      return {"positive", "+"};
    case Operator::negative:
      return {"negative", "-"};
    case Operator::invert:
      return {"invert", "~"};
    case Operator::add:
      return {"add", "+"};
    case Operator::subtract:
      return {"subtract", "-"};
    case Operator::multiply:
      return {"multiply", "*"};
    case Operator::divide:
      return {"divide", "/"};
    case Operator::floor_divide:
      return {"floor_divide", "//"};
    case Operator::remainder:
      return {"remainder", "%"};
    case Operator::power:
      return {"power", "**"};
    case Operator::matmul:
      return {"matmul", "@"};
    case Operator::left_shift:
      return {"left_shift", "<<"};
    case Operator::right_shift:
      return {"right_shift", ">>"};
    case Operator::bitwise_and:
      return {"bitwise_and", "&"};
    case Operator::bitwise_or:
      return {"bitwise_or", "|"};
    case Operator::bitwise_xor:
      return {"bitwise_xor", "^"};
    case Operator::equal:
      return {"equal", "=="};
    case Operator::not_equal:
      return {"not_equal", "!="};
    case Operator::less:
      return {"less", "<"};
    case Operator::less_equal:
      return {"less_equal", "<="};
    case Operator::greater:
      return {"greater", ">"};
    case Operator::greater_equal:
      return {"greater_equal", ">="};
  }
  return {};
}

std::string_view name_of(ExprKind kind) {
  switch (kind) {
    case ExprKind::integer:
      return "integer";
    case ExprKind::floating:
      return "floating";
    case ExprKind::imaginary:
      return "imaginary";
    case ExprKind::boolean:
      return "boolean";
    case ExprKind::string:
      return "string";
    case ExprKind::none:
      return "none";
    case ExprKind::ellipsis:
      return "ellipsis";
    case ExprKind::name:
      return "name";
    case ExprKind::unary:
      return "unary";
    case ExprKind::binary:
      return "binary";
    case ExprKind::compare:
      return "compare";
    case ExprKind::logical_and:
      return "and";
    case ExprKind::logical_or:
      return "or";
    case ExprKind::logical_not:
      return "not";
    case ExprKind::conditional:
      return "conditional";
    case ExprKind::call:
      return "call";
    case ExprKind::keyword:
      return "keyword";
    case ExprKind::attribute:
      return "attribute";
    case ExprKind::subscript:
      return "subscript";
    case ExprKind::slice:
      return "slice";
    case ExprKind::tuple:
      return "tuple";
    case ExprKind::list:
      return "list";
  }
  return {};
}

/// What a node is beside its kind: the operator, the name, the value; with a blank before it.
std::string detail(const Ast& ast, const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::integer:
    case ExprKind::name:
    case ExprKind::keyword:
    case ExprKind::attribute:
      return fmt::format(" {}", ast.text(expr));
    case ExprKind::string:
      return fmt::format(" {:?}", ast.text(expr));
    case ExprKind::floating:
      return fmt::format(" {}", expr.number);
    case ExprKind::imaginary:
      return fmt::format(" {}j", expr.number);
    case ExprKind::boolean:
      return expr.number != 0 ? " True" : " False";
    case ExprKind::unary:
    case ExprKind::binary:
      return fmt::format(" {} ({})", name_of(expr.op), spelling_of(expr.op));
    case ExprKind::compare: {
      std::string operators;
      for (uint32_t k = 0; k + 1 < expr.child_count; ++k) {
        operators += fmt::format(" {}", spelling_of(ast.operators[expr.first_op + k]));
      }
      return operators;
    }
    case ExprKind::none:
    case ExprKind::ellipsis:
    case ExprKind::logical_and:
    case ExprKind::logical_or:
    case ExprKind::logical_not:
    case ExprKind::conditional:
    case ExprKind::call:
    case ExprKind::subscript:
    case ExprKind::slice:
    case ExprKind::tuple:
    case ExprKind::list:
      break;
  }
  return "";
}

}  // namespace

std::string_view name_of(Operator op) { return info_of(op).name; }
std::string_view spelling_of(Operator op) { return info_of(op).spelling; }

std::vector<uint8_t> callees(const Ast& ast) {
  std::vector<uint8_t> is_callee(ast.exprs.size());
  for (const Expr& expr : ast.exprs)
    if (expr.kind == ExprKind::call) is_callee[ast.child(expr, 0)] = true;
  return is_callee;
}

std::string print(const Ast& ast) {
  // A sum of 100 000 terms is 100 000 levels deep on its left side: beyond this the level is a number, or the blanks
  // alone would take gigabytes.
  constexpr size_t deepest_indentation = 40;
  struct Entry {
    ExprId id;
    size_t level;
  };
  std::string lines;
  std::vector<Entry> stack = {{ast.root, 0}};
  while (!stack.empty()) {
    const Entry entry = stack.back();
    stack.pop_back();
    const Expr& expr = ast[entry.id];
    lines.append(2 * std::min(entry.level, deepest_indentation), ' ');
    if (entry.level > deepest_indentation) fmt::format_to(std::back_inserter(lines), "(level {}) ", entry.level);
    fmt::format_to(std::back_inserter(lines), "{}{}  [{}, {})\n", name_of(expr.kind), detail(ast, expr),
                   expr.span.begin, expr.span.end);
    for (uint32_t k = expr.child_count; k-- > 0;) stack.push_back({ast.child(expr, k), entry.level + 1});
  }
  return lines;
}

}  // namespace fuseval::frontend

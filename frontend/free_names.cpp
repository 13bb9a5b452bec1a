#include "frontend/free_names.hpp"

#include <algorithm>
#include <unordered_set>

#include "frontend/binder.hpp"

namespace fuseval::frontend {
namespace {

// The arena is in post-order; a conditional's condition stands after its first value in the source as in the tree, so
// that places in the text alone give the order of appearance.
std::vector<const Expr*> names_in_order(const Ast& ast) {
  std::vector<bool> is_callee(ast.exprs.size());
  for (const Expr& expr : ast.exprs)
    if (expr.kind == ExprKind::call) is_callee[ast.child(expr, 0)] = true;
  std::vector<const Expr*> names;
  for (ExprId id = 0; id < ast.exprs.size(); ++id)
    if (ast[id].kind == ExprKind::name && !is_callee[id]) names.push_back(&ast[id]);
  std::sort(names.begin(), names.end(), [](const Expr* a, const Expr* b) { return a->span.begin < b->span.begin; });
  return names;
}

}  // namespace

std::vector<std::string> free_names(const Ast& ast) {
  std::vector<std::string> found;
  std::unordered_set<std::string_view> seen;
  for (const Expr* expr : names_in_order(ast)) {
    const std::string_view name = ast.text(*expr);
    if (seen.insert(name).second && !Binder::builtin(name, {})) found.emplace_back(name);
  }
  return found;
}

}  // namespace fuseval::frontend

#include "frontend/free_names.hpp"

#include <algorithm>
#include <unordered_set>

namespace fuseval::frontend {
namespace {

// The arena is in post-order; a conditional's condition stands after its first value in the source as in the tree, so
// that places in the text alone give the order of appearance.
std::vector<const Expr*> names_in_order(const Ast& ast) {
  const std::vector<uint8_t> is_callee = callees(ast);
  std::vector<const Expr*> names;
  for (ExprId id = 0; id < ast.exprs.size(); ++id)
    if (ast[id].kind == ExprKind::name && !is_callee[id]) names.push_back(&ast[id]);
  std::sort(names.begin(), names.end(), [](const Expr* a, const Expr* b) { return a->span.begin < b->span.begin; });
  return names;
}

}  // namespace

std::vector<FreeName> free_names(const Ast& ast) {
  std::vector<FreeName> found;
  std::unordered_set<std::string_view> seen;
  for (const Expr* expr : names_in_order(ast)) {
    const std::string_view name = ast.text(*expr);
    if (seen.insert(name).second) found.push_back({std::string(name), meaning_of(name)});
  }
  return found;
}

}  // namespace fuseval::frontend

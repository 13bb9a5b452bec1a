// The names in a text that a caller may bind.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frontend/ast.hpp"
#include "frontend/vocabulary.hpp"

namespace fuseval::frontend {

struct FreeName {
  std::string name;
  /// What the name is while nobody binds it: a constant, a dtype or a module. Empty: nothing, and it has to be bound. A
  /// function's name is nothing either, but where it is called, and there it is not free.
  std::optional<WordKind> meaning;
};

/// Every name whose binding the text would see, in order of their first appearance, each once.
std::vector<FreeName> free_names(const Ast& ast);

}  // namespace fuseval::frontend

// The names that a text expects its caller to bind.
#pragma once

#include <string>
#include <vector>

#include "frontend/ast.hpp"

namespace fuseval::frontend {

/// In order of their first appearance, each once. Functions, dtypes, constants (pi, e, …) and modules are the
/// language's own; a caller who binds the name of a constant shadows it, but nobody has to.
std::vector<std::string> free_names(const Ast& ast);

}  // namespace fuseval::frontend

// What a statement does: a command, an assignment, or a value that is printed.
#pragma once

#include "tools/repl/statement.hpp"
#include "tools/repl/workspace.hpp"

namespace fuseval::tools {

/// Prints to standard output. Throws ReplError, PassageError or Error.
void run_statement(Workspace& workspace, const Statement& statement);

}  // namespace fuseval::tools

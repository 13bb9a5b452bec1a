// An entry's statements: what is a command, an assignment, an expression.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/repl/passage.hpp"

namespace fuseval::tools {

enum class StatementKind { nothing, command, assignment, expression };

struct Statement {
  StatementKind kind = StatementKind::nothing;
  std::string command;           ///< its name as typed
  std::vector<Passage> targets;  ///< of an assignment
  bool unpacks = false;          ///< `a, b =` and `a, =`
  Passage body;                  ///< expression, or what follows a command's name
};

/// The text must outlive the statement.
Statement parse_statement(std::string_view text);

/// Whether an entry is whole; else more lines must follow. Commands that take no expression are one line.
bool is_whole(std::string_view entry);

/// A pasted text may hold several statements: each with the lines that it takes.
std::vector<std::string> split_statements(std::string_view entry);

}  // namespace fuseval::tools

// The REPL's commands: one row each. Look-up, help and completion derive from it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/repl/passage.hpp"
#include "tools/repl/workspace.hpp"

namespace fuseval::tools {

/// What follows a command; for completion, and for knowing whether an open bracket asks for another line.
enum class Takes {
  nothing,
  expression,
  expression_and_stage,
  expression_and_file,
  plot,  ///< an expression, settings of a picture, a file
  array_file,
  any_file,
  folder,
  name,
  setting,
  word,
  function
};

struct ReplCommand {
  std::string_view name;
  std::string_view other_name;  ///< "" or a second spelling, exact
  std::string_view arguments;   ///< as help shows them
  std::string_view summary;
  Takes takes;
  /// Prints to standard output. Throws ReplError, PassageError or Error.
  void (*run)(Workspace& workspace, const Passage& arguments);
};

std::span<const ReplCommand> all_commands();

/// By its name, or by what no other command begins with. Throws ReplError.
const ReplCommand& find_command(std::string_view name);

}  // namespace fuseval::tools

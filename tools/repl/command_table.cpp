#include "tools/repl/command_table.hpp"

#include "tools/repl/commands.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

constexpr ReplCommand commands[] = {
    {"load", "", "FILE.npy [NAME]", "bind an array; without a name, to the file's", Takes::file, run_load},
    {"save", "", "EXPR FILE.npy", "write a value to a file", Takes::expression_and_file, run_save},
    {"type", "", "EXPR", "dtype, shape and layout, without evaluating", Takes::expression, run_type},
    {"explain", "", "[STAGE] EXPR", "what it is compiled to: types, ast, graph, loops, llvm, asm, cuda, device or plan",
     Takes::expression_and_stage, run_explain},
    {"time", "", "EXPR", "evaluate twice: seconds for planning, compiling and running", Takes::expression, run_time},
    {"bench", "", "EXPR", "evaluate for about a second: median, ns/element, GB/s", Takes::expression, run_bench},
    {"plot", "", "EXPR [, x=EXPR ...] [FILE]", "a picture: here, or in a .png or .svg file", Takes::expression,
     run_plot},
    {"vars", "", "", "names that are bound", Takes::nothing, run_vars},
    {"del", "", "NAME ...", "unbind names", Takes::name, run_del},
    {"set", "", "[SETTING VALUE]", "list the settings, or change one", Takes::setting, run_set},
    {"info", "", "", "versions, CPU, threads, caches, devices", Takes::nothing, run_info_command},
    {"history", "", "[N]", "the last N (20) entries", Takes::nothing, run_history},
    {"help", "h", "[WORD]", "this list, or a function, dtype, constant or command", Takes::word, run_help},
    {"quit", "exit", "", "leave; Ctrl-D does as well", Takes::nothing, run_quit},
};

[[noreturn]] void refuse_unknown(std::string_view name) {
  std::vector<std::string> known;
  for (const ReplCommand& command : commands) known.emplace_back(command.name);
  const std::string near = nearest(name, known);
  throw ReplError("there is no command `:" + std::string(name) + "`" +
                  (near.empty() ? "; :help lists them" : "; did you mean `:" + near + "`?"));
}

}  // namespace

std::span<const ReplCommand> all_commands() { return commands; }

const ReplCommand& find_command(std::string_view name) {
  std::vector<const ReplCommand*> found;
  for (const ReplCommand& command : commands) {
    if (name == command.name || (name == command.other_name && !name.empty())) return command;
    if (command.name.starts_with(name) && !name.empty()) found.push_back(&command);
  }
  if (found.empty()) refuse_unknown(name);
  if (found.size() == 1) return *found[0];
  std::string list;
  for (const ReplCommand* command : found) list.append(list.empty() ? ":" : ", :").append(command->name);
  throw ReplError("`:" + std::string(name) + "` may be any of " + list);
}

}  // namespace fuseval::tools

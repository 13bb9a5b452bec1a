#include "tools/repl/command_table.hpp"

#include "tools/repl/commands.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

constexpr ReplCommand commands[] = {
    {"load", "", "FILE[:WHAT] [NAME]", "bind an array of a file, column or member; without a name, to its own",
     Takes::array_file, run_load},
    {"columns", "", "FILE", "bind the columns of a table, or the members of a .npz file, by their names",
     Takes::array_file, run_columns},
    {"save", "", "EXPR FILE", "write a value to a .npy, .npz, .csv, .tsv, .txt, .bin or .raw file, or .h5:/dataset",
     Takes::expression_and_file, run_save},
    {"save!", "", "EXPR FILE", "the same over a file of another kind than its ending says", Takes::expression_and_file,
     run_save_over},
    {"run", "", "FILE", "run the lines of a file, up to the first that fails", Takes::any_file, run_run},
    {"cd", "", "[FOLDER]", "change to a folder, or to the home folder", Takes::folder, run_cd},
    {"shell", "", "COMMAND", "run a command of the shell; !COMMAND does as well", Takes::any_file, run_shell},
    {"type", "", "EXPR [NAME=DTYPE[SHAPE] ...]", "dtype, shape and layout, without evaluating", Takes::expression,
     run_type},
    {"explain", "", "[STAGE] EXPR [NAME=DTYPE[SHAPE] ...]",
     "the plan, types, hints, ast, graph, loops, llvm, asm, cuda, device, trace or a pass", Takes::expression_and_stage,
     run_explain},
    {"time", "", "EXPR", "evaluate twice: seconds for planning, compiling and running", Takes::expression, run_time},
    {"bench", "", "EXPR", "evaluate for about a second: median, ns/element, GB/s", Takes::expression, run_bench},
    {"plot", "", "EXPR [, x=EXPR ...] [FILE]", "a picture: here, or in a .png or .svg file", Takes::plot, run_plot},
    {"plot!", "", "EXPR [, x=EXPR ...] FILE", "the same over a file of another kind than its ending says", Takes::plot,
     run_plot_over},
    {"vars", "", "", "names that are bound", Takes::nothing, run_vars},
    {"del", "", "NAME ...", "unbind names", Takes::name, run_del},
    {"set", "", "[SETTING VALUE]", "list the settings, or change one", Takes::setting, run_set},
    {"info", "", "", "versions, CPU, threads, caches, devices", Takes::nothing, run_info_command},
    {"history", "", "[N]", "the last N (20) entries", Takes::nothing, run_history},
    {"functions", "", "[PATTERN]", "the functions, or those that match: arc*, or a word of name or summary",
     Takes::function, run_functions},
    {"help", "h", "[WORD]", "this list, or a function, operator, dtype, constant, command, setting or name",
     Takes::word, run_help},
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
  const bool is_over = name.ends_with('!');
  const std::string_view begin = is_over ? name.substr(0, name.size() - 1) : name;
  for (const ReplCommand& command : commands) {
    if (name == command.name || (name == command.other_name && !name.empty())) return command;
    if (command.name.ends_with('!') == is_over && command.name.starts_with(begin) && !begin.empty())
      found.push_back(&command);
  }
  if (found.empty()) refuse_unknown(name);
  if (found.size() == 1) return *found[0];
  std::string list;
  for (const ReplCommand* command : found) list.append(list.empty() ? ":" : ", :").append(command->name);
  throw ReplError("`:" + std::string(name) + "` may be any of " + list);
}

}  // namespace fuseval::tools

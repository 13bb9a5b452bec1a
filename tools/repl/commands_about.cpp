// :explain, :set, :info, :history, :help, :quit
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "tools/repl/command_table.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"
#include "tools/stages.hpp"

namespace fuseval::tools {
namespace {

void print_setting(const Setting& setting, const Settings& settings) {
  std::printf("%-10s %-8s %s (%s)\n", std::string(setting.name).c_str(), setting.get(settings).c_str(),
              std::string(setting.summary).c_str(), std::string(setting.values).c_str());
}

std::string usage(const ReplCommand& command) {
  return ":" + std::string(command.name) + (command.arguments.empty() ? "" : " " + std::string(command.arguments));
}

void print_overview() {
  std::puts("EXPR                      evaluate and print; the value is also bound to _");
  std::puts("NAME = EXPR               bind a value; a, b = EXPR binds those of a tuple");
  for (const ReplCommand& command : all_commands())
    std::printf("%-25s %s\n", usage(command).c_str(), std::string(command.summary).c_str());
  std::puts(
      "Commands may be shortened. An open bracket or a \\ at the end continues on the next line; # starts a comment.");
  std::puts("TAB completes, Ctrl-R searches the history, Ctrl-C stops an evaluation, Ctrl-D leaves.");
}

}  // namespace

void run_explain(Workspace& workspace, const Passage& arguments) {
  const std::string_view word = arguments.first_word().text();
  const bool has_stage = std::find(stages.begin(), stages.end(), word) != stages.end() && !workspace.find(word);
  const Passage expression = has_stage ? arguments.after_first_word() : arguments;
  if (expression.is_empty()) throw ReplError(":explain takes an expression, after the stage if there is one");
  const std::string stage = has_stage ? std::string(word) : "plan";
  const std::string text = expression.in_place();
  std::string explained = about(expression, [&] {
    return workspace.session().explain(text, bindings_for(text, workspace.variables()), stage.c_str());
  });
  if (!explained.ends_with('\n')) explained += '\n';
  std::fputs(explained.c_str(), stdout);
}

void run_set(Workspace& workspace, const Passage& arguments) {
  const std::vector<std::string> words = split_words(arguments.text());
  if (words.empty()) {
    for (const Setting& setting : all_settings()) print_setting(setting, workspace.settings());
    return;
  }
  const Setting& setting = find_setting(words[0]);
  if (words.size() > 2) throw ReplError(":set takes a setting and its value: :set " + words[0] + " VALUE");
  if (words.size() == 2)
    workspace.change(setting, words[1]);
  else
    print_setting(setting, workspace.settings());
}

void run_info_command(Workspace& workspace, const Passage& arguments) {
  if (!arguments.is_empty()) throw ReplError(":info takes nothing; :type shows what an expression is");
  std::fputs(workspace.session().info().c_str(), stdout);
  const std::string& file = workspace.history().file();
  std::printf("history: %s\n", file.empty() ? "not kept" : file.c_str());
}

void run_history(Workspace& workspace, const Passage& arguments) {
  size_t count = 20;
  const std::string_view text = arguments.text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (!text.empty() && (error != std::errc() || end != text.data() + text.size()))
    throw ReplError(":history takes the number of entries to show");
  const std::vector<std::string>& entries = workspace.history().entries();
  for (size_t k = entries.size() - std::min(count, entries.size()); k < entries.size(); ++k)
    std::printf("%s\n", entries[k].c_str());
}

void run_help(Workspace&, const Passage& arguments) {
  const std::string word(arguments.text());
  if (word.empty()) return print_overview();
  if (word[0] == ':') {
    const ReplCommand& command = find_command(word.substr(1));
    std::printf("%s\n  %s\n", usage(command).c_str(), std::string(command.summary).c_str());
    return;
  }
  std::fputs(help(word).c_str(), stdout);
}

void run_quit(Workspace& workspace, const Passage& arguments) {
  if (!arguments.is_empty()) throw ReplError(":quit takes nothing");
  workspace.quit();
}

}  // namespace fuseval::tools

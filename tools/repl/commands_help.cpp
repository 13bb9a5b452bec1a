// :help and :functions
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tools/encoding.hpp"
#include "tools/plot_settings.hpp"
#include "tools/repl/command_table.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"
#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

std::string usage(const ReplCommand& command) {
  return ":" + std::string(command.name) + (command.arguments.empty() ? "" : " " + std::string(command.arguments));
}

/// Characters of the second column: without a terminal, as many as it has.
size_t room_beside(size_t column) {
  constexpr size_t least = 20;
  if (!isatty(STDOUT_FILENO)) return std::string_view::npos;
  const auto width = static_cast<size_t>(terminal_width(STDOUT_FILENO));
  return std::max(width - std::min(width, column), least);
}

/// Two columns; what does not fit into the terminal's width goes on in the second one.
std::string row(const std::string& written, size_t column, std::string_view summary) {
  const size_t room = room_beside(column);
  std::string text, line = written;
  if (written.size() >= column) {
    text = written + "\n";
    line.clear();
  }
  do {
    const size_t blank = summary.size() > room ? summary.rfind(' ', room) : std::string_view::npos;
    const size_t end = std::min(blank, summary.size());
    line.resize(column, ' ');
    text.append(line).append(summary.substr(0, end)).append("\n");
    line.clear();
    summary.remove_prefix(std::min(end + 1, summary.size()));
  } while (!summary.empty());
  return text;
}

void print_row(const std::string& written, size_t column, std::string_view summary) {
  std::fputs(row(written, column, summary).c_str(), stdout);
}

void print_overview() {
  constexpr size_t column = 26;
  print_row("EXPR", column, "evaluate and print; _ is the last value, __ the one before, _3 the third");
  print_row("NAME = EXPR", column, "bind a value; a, b = EXPR binds those of a tuple");
  for (const ReplCommand& command : all_commands()) print_row(usage(command), column, command.summary);
  std::puts("Commands may be shortened. ?sum, sum? and help(sum) are :help sum.");
  std::puts("An open bracket or a \\ at the end continues the entry; # starts a comment.");
  std::puts("TAB completes, Ctrl-R searches the history, Ctrl-C stops an evaluation,");
  std::puts("Ctrl-Z stops the REPL until the shell's fg, Ctrl-D leaves.");
}

std::string plot_settings_help() {
  constexpr size_t column = 17;
  std::string text;
  for (const PlotSetting& setting : plot_settings())
    text += row("  " + std::string(setting.name) + "=" + setting.type, column, setting.help);
  return text;
}

std::string command_help(const ReplCommand& command) {
  return usage(command) + "\n  " + std::string(command.summary) + "\n" +
         (command.takes == Takes::plot ? plot_settings_help() : "");
}

std::string setting_help(const Setting& setting) {
  return ":set " + std::string(setting.name) + " VALUE\n  " + std::string(setting.summary) + " (" +
         std::string(setting.values) + ")\n";
}

/// np.sum and a.sum are sum; "..." is itself.
std::string without_owner(const std::string& word) {
  const bool is_name = !word.empty() && is_name_byte(word.back());
  const size_t dot = word.rfind('.');
  return is_name && dot != std::string::npos ? word.substr(dot + 1) : word;
}

/// Commands and settings by their exact names.
std::string help_of_the_repl(const std::string& word) {
  std::string text;
  for (const ReplCommand& command : all_commands())
    if (word == command.name) text += command_help(command);
  for (const Setting& setting : all_settings())
    if (word == setting.name) text += setting_help(setting);
  return text;
}

[[noreturn]] void refuse_unknown_topic(const std::string& word) {
  std::vector<std::string> known;
  for (const WordKind kind :
       {WordKind::function, WordKind::method, WordKind::attribute, WordKind::constant, WordKind::dtype})
    for (std::string& each : words(kind)) known.push_back(std::move(each));
  const size_t of_the_language = known.size();
  for (const ReplCommand& command : all_commands()) known.emplace_back(command.name);
  const std::string near = nearest(without_owner(word), known);
  const auto place = static_cast<size_t>(std::find(known.begin(), known.end(), near) - known.begin());
  const std::string colon = place < of_the_language ? "" : ":";
  throw ReplError("there is no help on `" + word + "`" +
                  (near.empty() ? "" : "; did you mean `" + colon + near + "`?"));
}

/// All that a word is: what a name is bound to, a word of the language, a command, a setting.
std::string help_on(const Workspace& workspace, const std::string& word) {
  std::string text;
  if (const Variable* variable = workspace.find(word)) text = word + ": " + describe(*variable) + "\n";
  const std::string own = help_of_the_repl(word);
  try {
    text += help(without_owner(word));
  } catch (const Error& error) {
    if (!text.empty() || !own.empty()) return text + own;
    if (error.code() != FV_ERROR_UNKNOWN_FUNCTION) throw;
    refuse_unknown_topic(word);
  }
  return text + own;
}

/// The second line of a word's help.
std::string summary_of(const std::string& word) {
  const std::string text = help(word);
  const size_t begin = text.find("\n  ") + 3;
  return text.substr(begin, text.find('\n', begin) - begin);
}

bool matches(const std::string& pattern, const std::string& word, const std::string& summary) {
  if (pattern.empty()) return true;
  if (pattern.find_first_of("*?[") != std::string::npos) return fnmatch(pattern.c_str(), word.c_str(), 0) == 0;
  return word.find(pattern) != std::string::npos || summary.find(pattern) != std::string::npos;
}

}  // namespace

void run_help(Workspace& workspace, const Passage& arguments) {
  const std::string word(arguments.text());
  if (word.empty()) return print_overview();
  const bool is_command = word[0] == ':' && word.size() > 1;
  std::fputs((is_command ? command_help(find_command(word.substr(1))) : help_on(workspace, word)).c_str(), stdout);
}

void run_functions(Workspace&, const Passage& arguments) {
  const std::string pattern(arguments.text());
  std::vector<std::pair<std::string, std::string>> found;
  size_t widest = 0;
  for (const std::string& word : words(WordKind::function)) {
    std::string summary = summary_of(word);
    if (!matches(pattern, word, summary)) continue;
    widest = std::max(widest, word.size());
    found.emplace_back(word, std::move(summary));
  }
  if (found.empty()) throw ReplError("no function matches `" + pattern + "`");
  for (const auto& [word, summary] : found) print_row(word, widest + 2, summary);
}

}  // namespace fuseval::tools

// :explain, :set, :info, :history, :quit
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <span>

#include "tools/repl/commands.hpp"
#include "tools/repl/described_text.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"
#include "tools/stages.hpp"

namespace fuseval::tools {
namespace {

void print_setting(const Setting& setting, const Settings& settings) {
  std::printf("%-10s %-8s %s (%s)\n", std::string(setting.name).c_str(), setting.get(settings).c_str(),
              std::string(setting.summary).c_str(), std::string(setting.values).c_str());
}

/// Behind the numbers of what it has printed, in a column where any of the entries has.
void print_entry(const std::string& entry, const std::string& outputs, size_t widest) {
  const std::string blanks = widest > 0 ? std::string(widest + 2, ' ') : "";
  std::string text = blanks.empty() ? "" : outputs + blanks.substr(outputs.size());
  for (const char c : entry) {
    text += c;
    if (c == '\n') text += blanks;
  }
  std::printf("%s\n", text.c_str());
}

}  // namespace

void run_explain(Workspace& workspace, const Passage& arguments) {
  const std::string_view word = arguments.first_word().text();
  const bool has_stage = std::find(stages.begin(), stages.end(), word) != stages.end() && !workspace.find(word);
  const Passage expression = has_stage ? arguments.after_first_word() : arguments;
  const DescribedText described(expression);
  if (described.expression().is_empty())
    throw ReplError(":explain takes an expression, after the stage if there is one");
  std::string explained = described.explain(workspace, has_stage ? std::string(word) : "plan");
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
  const std::span<const std::string> shown = std::span(entries).last(std::min(count, entries.size()));
  size_t widest = 0;
  for (const std::string& entry : shown) widest = std::max(widest, workspace.history().outputs_of(entry).size());
  for (const std::string& entry : shown) print_entry(entry, workspace.history().outputs_of(entry), widest);
}

void run_quit(Workspace& workspace, const Passage& arguments) {
  if (!arguments.is_empty()) throw ReplError(":quit takes nothing");
  workspace.quit();
}

}  // namespace fuseval::tools

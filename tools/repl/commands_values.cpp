// :load, :save, :type, :vars, :del
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tools/progress.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

constexpr std::string_view suffix = ".npy";

/// "~/x.npy" is in the home folder, as in a shell.
std::string file_path(const std::string& word) {
  if (!word.ends_with(suffix) || word.size() == suffix.size()) throw ReplError("'" + word + "' is no .npy file's name");
  const char* home = std::getenv("HOME");
  return word.starts_with("~/") && home ? home + word.substr(1) : word;
}

/// Where the last word begins, quotes around it included.
size_t last_word(std::string_view text) {
  const char last = text.empty() ? ' ' : text.back();
  if (last == '"' || last == '\'') {
    const size_t open = text.rfind(last, text.size() - 2);
    if (text.size() > 1 && open != std::string_view::npos) return open;
  }
  const size_t blank = text.find_last_of(" \t\n");
  return blank == std::string_view::npos ? 0 : blank + 1;
}

}  // namespace

void run_load(Workspace& workspace, const Passage& arguments) {
  const std::vector<std::string> words = split_words(arguments.text());
  if (words.empty() || words.size() > 2) throw ReplError(":load takes a file, and the name to bind: :load x.npy a");
  const std::string path = file_path(words[0]);
  const std::string name = words.size() == 2 ? words[1] : std::filesystem::path(path).stem().string();
  try {
    workspace.check_name(Passage(name));
  } catch (const PassageError&) {
    throw ReplError("`" + name + "` is no name; say which to bind: :load " + words[0] + " a");
  }
  const BusyNotice notice("reading " + words[0]);
  const Variable variable(path);
  workspace.bind(Passage(name), variable);
  std::printf("%s: %s\n", name.c_str(), describe(variable).c_str());
}

void run_save(Workspace& workspace, const Passage& arguments) {
  const std::string_view text = arguments.text();
  const size_t begin = last_word(text);
  const auto place = static_cast<size_t>(text.data() - arguments.whole().data()) + begin;
  const Passage expression = arguments.until(place);
  if (expression.is_empty()) throw ReplError(":save takes a value and a file: :save a + 1 out.npy");
  const std::vector<std::string> words = split_words(text.substr(begin));
  const std::string path = file_path(words.at(0));
  const Variable variable = workspace.evaluate_one(expression);
  variable.check_file();
  const BusyNotice notice("writing " + words[0]);
  save(path, variable.view());
}

void run_type(Workspace& workspace, const Passage& arguments) {
  if (arguments.is_empty()) throw ReplError(":type takes an expression");
  if (const Variable* variable = workspace.find(arguments.text())) {
    std::printf("%s\n", describe(*variable).c_str());
    return;
  }
  const std::string text = arguments.in_place();
  const std::string types = about(
      arguments, [&] { return workspace.session().explain(text, bindings_for(text, workspace.variables()), "types"); });
  std::fputs(types.c_str(), stdout);
}

void run_vars(Workspace& workspace, const Passage& arguments) {
  if (!arguments.is_empty()) throw ReplError(":vars takes nothing");
  for (const auto& [name, variable] : workspace.variables())
    std::printf("%s: %s\n", name.c_str(), describe(variable).c_str());
}

void run_del(Workspace& workspace, const Passage& arguments) {
  const std::vector<std::string> names = split_words(arguments.text());
  if (names.empty()) throw ReplError(":del takes the names to unbind");
  for (const std::string& name : names) workspace.remove(name);
}

}  // namespace fuseval::tools

// :load, :save, :type, :vars, :del
#include <cstdio>
#include <filesystem>

#include "tools/progress.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/described_text.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

constexpr std::string_view suffix = ".npy";

std::string npy_path(const std::string& word) {
  if (!word.ends_with(suffix) || word.size() == suffix.size()) throw ReplError("'" + word + "' is no .npy file's name");
  return from_home(word);
}

}  // namespace

void run_load(Workspace& workspace, const Passage& arguments) {
  const std::vector<std::string> words = split_words(arguments.text());
  if (words.empty() || words.size() > 2) throw ReplError(":load takes a file, and the name to bind: :load x.npy a");
  const std::string path = npy_path(words[0]);
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
  const Passage expression = arguments.before_last_word();
  if (expression.is_empty()) throw ReplError(":save takes a value and a file: :save a + 1 out.npy");
  const std::vector<std::string> words = split_words(arguments.last_word().text());
  const std::string path = npy_path(words.at(0));
  const Variable variable = workspace.evaluate_one(expression);
  const BusyNotice notice("writing " + words[0]);
  save(path, variable.view());
}

void run_type(Workspace& workspace, const Passage& arguments) {
  const DescribedText described(arguments);
  if (described.expression().is_empty()) throw ReplError(":type takes an expression");
  const Variable* variable = described.has_arrays() ? nullptr : workspace.find(arguments.text());
  std::fputs((variable ? describe(*variable) + "\n" : described.explain(workspace, "types")).c_str(), stdout);
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

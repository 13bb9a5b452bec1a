// :load, :columns, :save, :type, :vars, :del
#include <cstdio>
#include <filesystem>

#include "tools/data_reference.hpp"
#include "tools/outputs.hpp"
#include "tools/picture/picture.hpp"
#include "tools/progress.hpp"
#include "tools/repl/commands.hpp"
#include "tools/repl/described_text.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

/// A file, its ending and what follows it checked.
DataReference reference_of(const std::string& word) {
  const DataReference reference = require_data_reference(from_home(word));
  if (reference.is_standard_input()) throw ReplError("standard input is where commands come from");
  return reference;
}

/// The column's or the member's name, or the file's.
std::string default_name(const DataReference& reference) {
  if (!reference.member.empty()) return reference.member;
  if (reference.is_hdf5) {
    const size_t slash = reference.path.find_last_of("/:");
    const std::string last = reference.path.substr(slash == std::string::npos ? 0 : slash + 1);
    return std::filesystem::path(last).stem().string();
  }
  return std::filesystem::path(reference.path).stem().string();
}

void bind_and_print(Workspace& workspace, const std::string& name, const Variable& variable) {
  workspace.bind(Passage(name), variable);
  std::printf("%s: %s\n", name.c_str(), describe(variable).c_str());
}

bool is_name(Workspace& workspace, const std::string& name) {
  try {
    workspace.check_name(Passage(name));
    return true;
  } catch (const PassageError&) {
    return false;
  }
}

/// Columns that are no array, or have no name, are said.
void bind_column(Workspace& workspace, const std::shared_ptr<const DataFile>& file, const std::string& column,
                 const std::string& word) {
  if (!is_name(workspace, column)) {
    std::printf("%s: not bound, as it is no name; :load %s:'%s' NAME\n", column.c_str(), word.c_str(), column.c_str());
    return;
  }
  try {
    bind_and_print(workspace, column, {{file->view(column), file}, word + ":" + column});
  } catch (const Error& error) {
    std::printf("%s: not bound: %s\n", column.c_str(), error.message().c_str());
  }
}

void save_values(Workspace& workspace, const Passage& arguments, bool forced) {
  const Passage expression = arguments.before_last_word();
  if (expression.is_empty()) throw ReplError(":save takes a value and a file: :save a + 1 out.npy");
  const std::string word = split_words(arguments.last_word().text()).at(0);
  const std::string path = from_home(word);
  check_output(path, forced, ":save!");
  const Value value = workspace.evaluate(expression);
  if (value.items.size() != 1 && !takes_several(path))
    throw ReplError("the value is a tuple of " + std::to_string(value.items.size()) + ", and " + word +
                    " holds one array; a .csv, .tsv, .txt or .npz file takes all of them");
  std::vector<View> views;
  for (const Variable& item : value.items) views.push_back(item.view());
  const BusyNotice notice("writing " + word);
  write_output(path, views, result_labels(std::string(expression.text()), views.size()));
}

}  // namespace

void run_load(Workspace& workspace, const Passage& arguments) {
  const std::vector<std::string> words = split_words(arguments.text());
  if (words.empty() || words.size() > 2) throw ReplError(":load takes a file, and the name to bind: :load x.npy a");
  const DataReference reference = reference_of(words[0]);
  const std::string name = words.size() == 2 ? words[1] : default_name(reference);
  if (!is_name(workspace, name))
    throw ReplError("`" + name + "` is no name; say which to bind: :load " + words[0] + " a");
  const BusyNotice notice("reading " + words[0]);
  bind_and_print(workspace, name, load_variable(reference, words[0]));
}

void run_columns(Workspace& workspace, const Passage& arguments) {
  const std::vector<std::string> words = split_words(arguments.text());
  if (words.size() != 1) throw ReplError(":columns takes a file with columns or members: :columns t.csv");
  const DataReference reference = reference_of(words[0]);
  if (reference.is_hdf5 || reference.dtype || !reference.member.empty())
    throw ReplError("'" + words[0] + "': its arrays have no names; :load takes it");
  const BusyNotice notice("reading " + words[0]);
  const auto file = open_members(reference, {}, true, is_small(reference.path));
  for (const std::string& column : file->names()) bind_column(workspace, file, column, words[0]);
}

void run_save(Workspace& workspace, const Passage& arguments) { save_values(workspace, arguments, false); }
void run_save_over(Workspace& workspace, const Passage& arguments) { save_values(workspace, arguments, true); }

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

#include "tools/repl/completion.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "tools/data_reference.hpp"
#include "tools/encoding.hpp"
#include "tools/picture/picture.hpp"
#include "tools/plot_settings.hpp"
#include "tools/repl/command_table.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"
#include "tools/stages.hpp"

namespace fuseval::tools {
namespace {

void append(std::vector<std::string>& words, std::vector<std::string> more) {
  words.insert(words.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Completion only_matching(Completion completion, std::string_view word) {
  std::vector<std::string>& words = completion.words;
  words.erase(std::remove_if(words.begin(), words.end(), [&](const std::string& w) { return !w.starts_with(word); }),
              words.end());
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return completion;
}

std::vector<std::string> variable_names(const Workspace& workspace) {
  std::vector<std::string> names;
  for (const auto& [name, variable] : workspace.variables()) names.push_back(name);
  return names;
}

std::vector<std::string> language_words() {
  std::vector<std::string> found = {"True", "False", "None", "if", "else", "and", "or", "not"};
  for (const WordKind kind : {WordKind::function, WordKind::constant, WordKind::dtype}) append(found, words(kind));
  return found;
}

std::vector<std::string> attributes() {
  std::vector<std::string> found = words(WordKind::method);
  append(found, words(WordKind::attribute));
  return found;
}

/// What an empty line may become: a name that is bound, or a command. All words of the language would be too many.
Completion complete_start(const Workspace& workspace) {
  Completion completion{0, variable_names(workspace), ""};
  for (const ReplCommand& command : all_commands()) completion.words.push_back(":" + std::string(command.name));
  return only_matching(std::move(completion), "");
}

/// The name that a text ends with; after a dot, methods and attributes (of np: functions).
Completion complete_expression(std::string_view line, const Workspace& workspace) {
  size_t begin = line.size();
  while (begin > 0 && is_name_byte(line[begin - 1])) --begin;
  Completion completion{begin, {}, ""};
  const std::string_view before = line.substr(0, begin);
  const bool is_number = begin < line.size() && line[begin] >= '0' && line[begin] <= '9';
  const bool after_module = before.ends_with("np.") && (before.size() == 3 || !is_name_byte(before[before.size() - 4]));
  if (is_number) return completion;
  if (before.ends_with('.') && !after_module) {
    const bool has_object = before.size() > 1 && (is_name_byte(before[before.size() - 2]) ||
                                                  before[before.size() - 2] == ')' || before[before.size() - 2] == ']');
    if (has_object) completion.words = attributes();
  } else {
    completion.words = language_words();
    if (!after_module) append(completion.words, variable_names(workspace));
  }
  return only_matching(std::move(completion), line.substr(begin));
}

bool is_data_file(const std::string& name) {
  const char* format = nullptr;
  return is_hdf5(name) || fv_data_format(name.c_str(), 0, &format, nullptr) == FV_OK;
}
bool is_any_file(const std::string&) { return true; }
bool is_no_file(const std::string&) { return false; }

/// Folders, and the files that are `wanted`, that begin with what is there.
Completion complete_file(std::string_view line, size_t begin, bool (*wanted)(const std::string&)) {
  namespace fs = std::filesystem;
  const std::string typed(line.substr(begin));
  const size_t slash = typed.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : typed.substr(0, slash + 1);
  const std::string real = from_home(folder);
  Completion completion{begin, {}, " "};
  std::error_code error;
  for (fs::directory_iterator it(real.empty() ? "." : real, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (it->is_directory(ignored))
      completion.words.push_back(folder + name + "/");
    else if (wanted(name))
      completion.words.push_back(folder + name);
  }
  completion = only_matching(std::move(completion), typed);
  if (completion.words.size() == 1 && completion.words[0].ends_with('/')) completion.tail.clear();
  return completion;
}

Completion complete_command(std::string_view line, size_t begin) {
  Completion completion{begin, {}, " "};
  for (const ReplCommand& command : all_commands()) completion.words.push_back(":" + std::string(command.name));
  return only_matching(std::move(completion), line.substr(begin));
}

Completion complete_word(std::string_view line, size_t begin, std::vector<std::string> words) {
  return only_matching({begin, std::move(words), ""}, line.substr(begin));
}

/// The setting whose name and "=" end the text, or null.
const PlotSetting* setting_before(std::string_view before) {
  if (!before.ends_with('=')) return nullptr;
  before.remove_suffix(1);
  size_t begin = before.size();
  while (begin > 0 && is_name_byte(before[begin - 1])) --begin;
  return find_plot_setting(before.substr(begin));
}

/// What is drawn; behind it settings, whose values are their choices or expressions, and a file.
Completion complete_plot(std::string_view line, size_t begin, bool is_first, const Workspace& workspace) {
  const size_t equals = line.rfind('=');
  const bool has_value = equals != std::string_view::npos && equals >= begin;
  if (const PlotSetting* setting = has_value ? setting_before(line.substr(0, equals + 1)) : nullptr) {
    const bool is_expression = setting->name == std::string_view("x") || setting->name == std::string_view("y");
    if (is_expression) return complete_expression(line, workspace);
    std::vector<std::string> words;
    if (setting->choices)
      for (const std::string_view choice : setting->choices()) words.emplace_back(choice);
    return complete_word(line, equals + 1, std::move(words));
  }
  Completion completion = complete_expression(line, workspace);
  if (is_first) return completion;
  Completion files = complete_file(line, begin, is_picture_name);
  if (completion.begin != begin) return files.words.empty() ? completion : files;
  for (const PlotSetting& setting : plot_settings()) completion.words.push_back(std::string(setting.name) + "=");
  append(completion.words, std::move(files.words));
  return only_matching(std::move(completion), line.substr(begin));
}

Completion complete_argument(Takes takes, std::string_view line, size_t arguments, const Workspace& workspace) {
  const size_t begin = std::max(line.find_last_of(" \t") + 1, arguments);  // npos + 1 is 0
  const bool is_first = stripped(line.substr(arguments, begin - arguments)).empty();
  std::vector<std::string> words;
  switch (takes) {
    case Takes::nothing:
      return {line.size(), {}, ""};
    case Takes::array_file:
      if (is_first) return complete_file(line, begin, is_data_file);
      return complete_word(line, begin, variable_names(workspace));
    case Takes::any_file:
      return complete_file(line, begin, is_any_file);
    case Takes::folder:
      return complete_file(line, begin, is_no_file);
    case Takes::function:
      return complete_word(line, begin, fuseval::words(WordKind::function));
    case Takes::expression_and_file:
      if (!is_first)
        if (Completion files = complete_file(line, begin, is_data_file); !files.words.empty()) return files;
      return complete_expression(line, workspace);
    case Takes::plot:
      return complete_plot(line, begin, is_first, workspace);
    case Takes::name:
      return complete_word(line, begin, variable_names(workspace));
    case Takes::setting:
      for (const Setting& setting : all_settings()) words.emplace_back(setting.name);
      return complete_word(line, begin, is_first ? words : std::vector<std::string>{});
    case Takes::word:
      words = language_words();
      append(words, attributes());
      append(words, variable_names(workspace));
      for (const ReplCommand& command : all_commands()) words.push_back(":" + std::string(command.name));
      for (const ReplCommand& command : all_commands()) words.emplace_back(command.name);
      for (const Setting& setting : all_settings()) words.emplace_back(setting.name);
      return complete_word(line, begin, words);
    case Takes::expression_and_stage:
      if (is_first) words.assign(stages.begin(), stages.end());
      if (Completion named = complete_word(line, begin, words); !named.words.empty() && begin < line.size()) {
        Completion names = complete_expression(line, workspace);
        append(named.words, std::move(names.words));
        return only_matching(std::move(named), line.substr(begin));
      }
      return complete_expression(line, workspace);
    case Takes::expression:
      return complete_expression(line, workspace);
  }
  return {line.size(), {}, ""};
}

}  // namespace

Completion complete(std::string_view line, const Workspace& workspace) {
  const size_t colon = std::min(line.find_first_not_of(" \t"), line.size());
  if (line.empty()) return complete_start(workspace);
  if (colon < line.size() && (line[colon] == '!' || line[colon] == '?'))
    return complete_argument(line[colon] == '!' ? Takes::any_file : Takes::word, line, colon + 1, workspace);
  if (colon == line.size() || line[colon] != ':') return complete_expression(line, workspace);
  const size_t end = line.find_first_of(" \t", colon);
  if (end == std::string_view::npos) return complete_command(line, colon);
  try {
    const ReplCommand& command = find_command(line.substr(colon + 1, end - colon - 1));
    return complete_argument(command.takes, line, end, workspace);
  } catch (const ReplError&) {
    return {line.size(), {}, ""};
  }
}

}  // namespace fuseval::tools

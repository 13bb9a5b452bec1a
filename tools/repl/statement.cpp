#include "tools/repl/statement.hpp"

#include <algorithm>
#include <optional>

#include "tools/encoding.hpp"
#include "tools/repl/command_table.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

/// The `=` of an assignment: not part of ==, <=, += and the like, which the library may judge.
size_t find_assignment(std::string_view text) {
  for (const size_t place : find_outside(text, '=')) {
    const char before = place > 0 ? text[place - 1] : ' ';
    const char after = place + 1 < text.size() ? text[place + 1] : ' ';
    if (after == '=' || std::string_view("=<>!+-*/%&|^@:").find(before) != std::string_view::npos) continue;
    return place;
  }
  return std::string_view::npos;
}

Statement assignment(std::string_view text, size_t equals) {
  const Passage whole(text);
  Statement statement{StatementKind::assignment, "", {}, false, whole.from(equals + 1)};
  size_t begin = 0;
  for (const size_t comma : find_outside(text.substr(0, equals), ',')) {
    statement.unpacks = true;
    statement.targets.push_back(whole.from(begin).until(comma));
    begin = comma + 1;
  }
  const Passage last = whole.from(begin).until(equals);
  if (!statement.unpacks || !last.is_empty()) statement.targets.push_back(last);
  return statement;
}

bool takes_expression(Takes takes) {
  return takes == Takes::expression || takes == Takes::expression_and_stage || takes == Takes::expression_and_file ||
         takes == Takes::plot;
}

Statement help_about(const Passage& word) { return {StatementKind::command, "help", {}, false, word}; }

/// np.sum, a.shape, sum
bool is_dotted_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_name_byte(c); });
}

/// ?sum, sum? and sum?? as in IPython, help(sum) and help("+") as in Python.
std::optional<Statement> question(std::string_view text) {
  const Passage whole(text);
  const std::string_view trimmed = whole.text();
  const auto at = static_cast<size_t>(trimmed.data() - text.data());
  if (trimmed[0] == '?') return help_about(whole.from(at + 1));
  const size_t end = trimmed.find_last_not_of('?') + 1;
  if (end < trimmed.size() && is_dotted_name(stripped(trimmed.substr(0, end))))
    return help_about(whole.until(at + end));
  constexpr std::string_view call = "help(";
  if (!trimmed.starts_with(call) || trimmed.back() != ')') return std::nullopt;
  const Passage argument = whole.from(at + call.size()).until(at + trimmed.size() - 1);
  const std::string_view word = argument.text();
  const bool is_quoted = word.size() >= 2 && (word[0] == '"' || word[0] == '\'') && word.back() == word[0];
  if (is_quoted) {
    const auto quote = static_cast<size_t>(word.data() - text.data());
    return help_about(whole.from(quote + 1).until(quote + word.size() - 1));
  }
  return word.empty() || is_dotted_name(word) ? std::optional(help_about(argument)) : std::nullopt;
}

}  // namespace

Statement parse_statement(std::string_view text) {
  const Passage whole(text);
  const Passage first = whole.first_word();
  if (first.is_empty()) return {};
  if (first.text()[0] == ':')
    return {StatementKind::command, std::string(first.text().substr(1)), {}, false, whole.after_first_word()};
  if (first.text()[0] == '!') return {StatementKind::command, "shell", {}, false, whole.from(text.find('!') + 1)};
  if (auto help = question(text)) return *std::move(help);
  if (is_blank(text)) return {};
  if (const size_t equals = find_assignment(text); equals != std::string_view::npos) return assignment(text, equals);
  return {StatementKind::expression, "", {}, false, whole};
}

bool is_whole(std::string_view entry) {
  const Statement statement = parse_statement(entry);
  if (statement.kind != StatementKind::command) return is_complete(entry);
  try {
    const bool may_continue = takes_expression(find_command(statement.command).takes);
    return !may_continue || is_complete(entry.substr(statement.body.begin()));
  } catch (const ReplError&) {
    return true;
  }
}

std::vector<std::string> split_statements(std::string_view entry) {
  std::vector<std::string> statements(1);
  while (!entry.empty()) {
    const size_t end = std::min(entry.find('\n'), entry.size());
    std::string& statement = statements.back();
    statement.append(statement.empty() ? "" : "\n").append(entry.substr(0, end));
    entry.remove_prefix(std::min(end + 1, entry.size()));
    if (!entry.empty() && is_whole(statement)) statements.emplace_back();
  }
  return statements;
}

}  // namespace fuseval::tools

#include "tools/repl/other_prompts.hpp"

#include <algorithm>
#include <optional>

#include "tools/repl/statement.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

enum class Style { python, ipython, own };

/// What comes after a prompt: nothing, or a blank and more.
std::optional<std::string_view> after(std::string_view line, std::string_view prompt) {
  if (!line.starts_with(prompt)) return std::nullopt;
  line.remove_prefix(prompt.size());
  if (!line.empty() && line[0] != ' ') return std::nullopt;
  return line.substr(std::min<size_t>(line.size(), 1));
}

/// After "In [3]:".
std::optional<std::string_view> after_numbered(std::string_view line) {
  constexpr std::string_view begin = "In [";
  if (!line.starts_with(begin)) return std::nullopt;
  const size_t end = std::min(line.find_first_not_of("0123456789", begin.size()), line.size());
  if (end == begin.size()) return std::nullopt;
  return after(line.substr(end), "]:");
}

std::optional<std::string_view> after_first_prompt(std::string_view line, Style style) {
  switch (style) {
    case Style::python:
      return after(line, ">>>");
    case Style::ipython:
      return after_numbered(line);
    case Style::own:
      return after(line, ">");
  }
  return std::nullopt;
}

std::optional<std::string_view> after_further_prompt(std::string_view line, Style style) {
  switch (style) {
    case Style::python:
      return after(line, "...");
    case Style::ipython:
      return after(line, "...:");
    case Style::own:
      return after(line, ".");
  }
  return std::nullopt;
}

std::string_view without_indent(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

std::optional<Style> style_of(std::string_view text) {
  const std::string_view line = without_indent(text.substr(0, text.find('\n')));
  for (const Style style : {Style::python, Style::ipython, Style::own})
    if (const auto rest = after_first_prompt(line, style); rest && !stripped(*rest).empty()) return style;
  return std::nullopt;
}

}  // namespace

std::string without_prompts(std::string_view text) {
  const std::optional<Style> style = style_of(text);
  if (!style) return std::string(text);
  std::string result;
  std::string statement;  // the one that the next line may continue
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    const std::string_view line = without_indent(whole);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto first = after_first_prompt(line, *style);
    const auto further = after_further_prompt(line, *style);
    if (!first && !further && is_whole(statement)) continue;
    const std::string_view kept = first ? *first : further ? *further : whole;
    statement = first ? std::string(kept) : statement + "\n" + std::string(kept);
    result.append(result.empty() ? "" : "\n").append(kept);
  }
  return result;
}

}  // namespace fuseval::tools

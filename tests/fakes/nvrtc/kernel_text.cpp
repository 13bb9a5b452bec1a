#include "tests/fakes/nvrtc/kernel_text.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace fake {
namespace {

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)); }

int line_at(const std::string& text, size_t place) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(place), '\n'));
}

/// The text with spaces in the place of comments.
std::string without_comments(std::string text) {
  for (size_t at = 0; (at = text.find('/', at)) != std::string::npos; ++at) {
    const bool line = text.compare(at, 2, "//") == 0;
    if (!line && text.compare(at, 2, "/*") != 0) continue;
    const size_t end = std::min(line ? text.find('\n', at) : text.find("*/", at + 2) + 2, text.size());
    for (size_t k = at; k < end; ++k)
      if (text[k] != '\n') text[k] = ' ';
  }
  return text;
}

/// Where what begins with the bracket at `open` ends; the text's end if nowhere.
size_t behind_brackets(const std::string& text, size_t open) {
  int depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at + 1;
  }
  return text.size();
}

/// The name before the parameters of a declaration that goes on at `at`: the first that a "(" follows, but for
/// __launch_bounds__.
std::string declared_name(const std::string& text, size_t at) {
  while (at < text.size()) {
    const size_t begin = at;
    while (at < text.size() && in_name(text[at])) ++at;
    std::string name = text.substr(begin, at - begin);
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size() || (name.empty() && text[at] != '(' && !in_name(text[at]))) break;
    if (text[at] != '(') continue;
    if (name != "__launch_bounds__") return name;
    at = behind_brackets(text, at);
    while (at < text.size() && is_space(text[at])) ++at;
  }
  return "";
}

std::optional<Complaint> about_directives(const std::string& text) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    if (line.starts_with("#error"))
      return Complaint{line_at(text, begin), "catastrophic error",
                       "#error directive: " + std::string(line.substr(std::min<size_t>(7, line.size())))};
    if (line.starts_with("#include"))
      return Complaint{line_at(text, begin), "catastrophic error",
                       "could not open source file (no directories in search list)"};
    begin = end + 1;
  }
  return std::nullopt;
}

std::optional<Complaint> about_brackets(const std::string& text) {
  std::string expected;
  bool in_string = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' && (at == 0 || text[at - 1] != '\\')) in_string = !in_string;
    if (in_string) continue;
    const size_t kind = std::string_view("([{").find(c);
    if (kind != std::string_view::npos) expected.push_back(")]}"[kind]);
    if (c != ')' && c != ']' && c != '}') continue;
    if (expected.empty()) return Complaint{line_at(text, at), "error", "expected a declaration"};
    if (expected.back() != c)
      return Complaint{line_at(text, at), "error", std::string("expected a \"") + expected.back() + "\""};
    expected.pop_back();
  }
  if (expected.empty()) return std::nullopt;
  return Complaint{line_at(text, text.size()), "error", std::string("expected a \"") + expected.back() + "\""};
}

}  // namespace

std::vector<std::string> kernels_of(const std::string& commented) {
  static constexpr std::string_view opening = "extern \"C\" __global__";
  const std::string text = without_comments(commented);
  std::vector<std::string> names;
  for (size_t at = 0; (at = text.find(opening, at)) != std::string::npos;) {
    at = std::min(text.find_first_not_of(" \n\t", at + opening.size()), text.size());
    std::string name = declared_name(text, at);
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::optional<Complaint> complaint_about(const std::string& commented) {
  const std::string text = without_comments(commented);
  if (auto complaint = about_directives(text)) return complaint;
  if (auto complaint = about_brackets(text)) return complaint;
  if (!kernels_of(text).empty()) return std::nullopt;
  return Complaint{1, "error", "this declaration has no storage class or type specifier"};
}

}  // namespace fake

#include <algorithm>
#include <string_view>

#include "tools/picture/picture.hpp"

namespace fuseval::tools {
namespace {

/// The length of a string literal that begins here, single or triple quoted, as far as it goes.
std::size_t literal_length(std::string_view text) {
  const std::string_view three = text.substr(0, 3);
  const bool is_triple = three == "\"\"\"" || three == "'''";
  const std::string_view quote = is_triple ? three : text.substr(0, 1);
  for (std::size_t k = quote.size(); k < text.size(); ++k) {
    if (text[k] == '\\')
      ++k;
    else if (text.substr(k, quote.size()) == quote)
      return k + quote.size();
  }
  return text.size();
}

/// The text at its commas outside all brackets, without comments. The text is known to be well-formed.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (c == '#') {
      k = std::min(text.find('\n', k), text.size());
      parts.back() += ' ';
    } else if (c == '"' || c == '\'') {
      const std::size_t length = literal_length(text.substr(k));
      parts.back() += text.substr(k, length);
      k += length - 1;
    } else if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      depth += (c == '(' || c == '[') - (c == ')' || c == ']');
      parts.back() += c;
    }
  }
  if (parts.size() > 1 && parts.back().find_first_not_of(" \t\r\n\\") == std::string::npos) parts.pop_back();
  return parts;
}

std::string_view stripped(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\\");
  const std::size_t last = text.find_last_not_of(" \t\r\n\\");
  return first == std::string_view::npos ? std::string_view() : text.substr(first, last - first + 1);
}

/// Does the first bracket close at the end?
bool is_in_brackets(std::string_view text) {
  if (text.empty() || text.front() != '(' || text.back() != ')') return false;
  int depth = 0;
  for (std::size_t k = 0; k + 1 < text.size(); ++k) {
    depth += (text[k] == '(') - (text[k] == ')');
    if (depth == 0) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> result_labels(const std::string& text, std::size_t count) {
  std::vector<std::string> parts = parts_of(text);
  while (parts.size() == 1 && count != 1 && is_in_brackets(stripped(parts[0]))) {
    const std::string whole(stripped(parts[0]));
    parts = parts_of(std::string_view(whole).substr(1, whole.size() - 2));
  }
  if (parts.size() != count) return {};
  for (std::string& part : parts) part = stripped(part);
  return parts;
}

}  // namespace fuseval::tools

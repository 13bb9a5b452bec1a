#include "tools/encoding.hpp"

#include <algorithm>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_name_byte(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

std::string without_byte_order_mark(std::string text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (text.starts_with(mark)) text.erase(0, mark.size());
  return text;
}

std::optional<std::string> name_in_texts(std::string_view name) {
  const bool is_word = !name.empty() && !is_digit(name[0]) && std::all_of(name.begin(), name.end(), is_name_byte);
  if (!is_word) return std::nullopt;
  try {
    const std::vector<FreeName> names = free_names(name);
    return names.size() == 1 ? std::optional(names[0].name) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace fuseval::tools

#include "tools/byte_count.hpp"

#include <charconv>
#include <limits>

namespace fuseval::tools {
namespace {

constexpr std::string_view letters = "KMGT";

constexpr int64_t unit_of(size_t letter) { return int64_t{1} << 10 * (letter + 1); }

}  // namespace

std::optional<int64_t> byte_count_of(std::string_view text) {
  const size_t letter = text.empty() ? std::string_view::npos : letters.find(text.back());
  const int64_t unit = letter == std::string_view::npos ? 1 : unit_of(letter);
  if (unit != 1) text.remove_suffix(1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || number < 1 || number > std::numeric_limits<int64_t>::max() / unit) return std::nullopt;
  return number * unit;
}

std::string byte_count_text(int64_t bytes) {
  for (size_t letter = letters.size(); letter-- > 0;)
    if (bytes % unit_of(letter) == 0) return std::to_string(bytes / unit_of(letter)) + letters[letter];
  return std::to_string(bytes);
}

}  // namespace fuseval::tools

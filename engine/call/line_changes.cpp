#include "engine/call/line_changes.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace fuseval::engine {
namespace {

using Lines = std::span<const std::string_view>;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void drop_common_ends(Lines& a, Lines& b) {
  const size_t shorter = std::min(a.size(), b.size());
  size_t head = 0, tail = 0;
  while (head < shorter && a[head] == b[head]) ++head;
  while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  a = a.subspan(head, a.size() - head - tail);
  b = b.subspan(head, b.size() - head - tail);
}

/// [i * (b + 1) + j]: the length of the longest common subsequence of a[i:] and b[j:].
std::vector<uint32_t> common_lengths(Lines a, Lines b) {
  const size_t width = b.size() + 1;
  std::vector<uint32_t> length((a.size() + 1) * width, 0);
  for (size_t i = a.size(); i-- > 0;)
    for (size_t j = b.size(); j-- > 0;)
      length[i * width + j] = a[i] == b[j] ? length[(i + 1) * width + j + 1] + 1
                                           : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
  return length;
}

void append(std::string& text, const char* mark, std::string_view line) { text.append(mark).append(line).append("\n"); }

std::string changes(Lines a, Lines b) {
  const std::vector<uint32_t> length = common_lengths(a, b);
  const auto at = [&](size_t i, size_t j) { return length[i * (b.size() + 1) + j]; };
  std::string text;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      ++i, ++j;
    } else if (j == b.size() || (i < a.size() && at(i + 1, j) >= at(i, j + 1))) {
      append(text, "- ", a[i++]);
    } else {
      append(text, "+ ", b[j++]);
    }
  }
  return text;
}

}  // namespace

std::string line_changes(std::string_view before, std::string_view after) {
  constexpr size_t most_pairs = 4'000'000;
  const std::vector<std::string_view> old_lines = lines_of(before), new_lines = lines_of(after);
  Lines a = old_lines, b = new_lines;
  drop_common_ends(a, b);
  if (a.empty() && b.empty()) return "(no change)\n";
  if (a.size() * b.size() <= most_pairs) return changes(a, b);
  std::string text;
  for (const std::string_view line : a) append(text, "- ", line);
  for (const std::string_view line : b) append(text, "+ ", line);
  return text;
}

}  // namespace fuseval::engine

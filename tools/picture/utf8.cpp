#include "tools/picture/utf8.hpp"

#include <cstdint>

namespace fuseval::tools {
namespace {

struct Utf8Sequence {
  char32_t code_point;
  std::size_t bytes;
};

constexpr Utf8Sequence invalid{0xFFFD, 1};

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return index < text.size() ? static_cast<std::uint8_t>(text[index]) : std::uint8_t{0};
}

Utf8Sequence first_of(std::string_view text) {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return invalid;
  char32_t code_point = lead & (0x7F >> bytes);
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte_at(text, k) & 0xC0) != 0x80) return invalid;
    code_point = code_point << 6 | (byte_at(text, k) & 0x3F);
  }
  const bool is_overlong = code_point < (bytes == 4 ? 0x10000u : bytes == 3 ? 0x800u : 0x80u);
  const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
  if (is_overlong || is_surrogate || code_point > 0x10FFFF) return invalid;
  return {code_point, bytes};
}

/// Those of Unicode's, and two that XML 1.0 does not have.
bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFE || c == 0xFFFF; }

}  // namespace

std::u32string code_points(std::string_view text) {
  std::u32string result;
  while (!text.empty()) {
    const Utf8Sequence sequence = first_of(text);
    result += sequence.code_point;
    text.remove_prefix(sequence.bytes);
  }
  return result;
}

void append_utf8(std::string& text, char32_t c) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | (c >> 12));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | (c >> 18));
    tail(12), tail(6), tail(0);
  }
}

std::string clean_line(std::string_view text) {
  std::string result;
  for (const char32_t c : code_points(text)) {
    const bool is_blank = c == ' ' || is_control(c);
    if (is_blank && (result.empty() || result.back() == ' ')) continue;
    append_utf8(result, is_blank ? U' ' : c);
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

}  // namespace fuseval::tools

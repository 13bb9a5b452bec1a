#include "frontend/unicode.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <new>

namespace fuseval::frontend {
namespace {

struct CodeRange {
  char32_t first;
  char32_t last;
};

#include "frontend/unicode_tables.inc"

/// Shown by number only. Direction overrides and joiners are here because a text that hides them reads as another one.
constexpr CodeRange unprintable[] = {
    {0x00, 0x1f},     {0x7f, 0xa0},     {0xad, 0xad},       {0x61c, 0x61c},      {0x1680, 0x1680}, {0x180e, 0x180e},
    {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},   {0x3000, 0x3000},    {0xe000, 0xf8ff}, {0xfeff, 0xfeff},
    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f}, {0xf0000, 0x10ffff},
};

template <size_t N>
bool contains(const CodeRange (&table)[N], char32_t value) {
  const auto* range =
      std::lower_bound(std::begin(table), std::end(table), value, [](CodeRange r, char32_t v) { return r.last < v; });
  return range != std::end(table) && range->first <= value;
}

bool is_ascii_letter(char32_t value) {
  return (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') || value == '_';
}

/// Bytes of the sequence that `lead` begins, and the bits of the code point in it; 0 if it begins none.
struct Lead {
  uint32_t size;
  char32_t bits;
  char32_t least;  ///< below it the form is overlong
};

Lead lead_of(unsigned char lead) {
  if (lead < 0x80) return {1, lead, 0};
  if (lead >= 0xc2 && lead < 0xe0) return {2, lead & 0x1fu, 0x80};
  if (lead >= 0xe0 && lead < 0xf0) return {3, lead & 0x0fu, 0x800};
  if (lead >= 0xf0 && lead < 0xf5) return {4, lead & 0x07u, 0x10000};
  return {0, 0, 0};
}

constexpr auto nfkc = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);

}  // namespace

CodePoint decode(std::string_view text, size_t offset) {
  const Lead lead = lead_of(static_cast<unsigned char>(text[offset]));
  if (lead.size == 0 || text.size() - offset < lead.size) return {};
  char32_t value = lead.bits;
  for (uint32_t k = 1; k < lead.size; ++k) {
    const auto byte = static_cast<unsigned char>(text[offset + k]);
    if ((byte & 0xc0) != 0x80) return {};
    value = value << 6 | (byte & 0x3fu);
  }
  if (value < lead.least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return {};
  return {value, lead.size};
}

void append_utf8(std::string& text, char32_t value) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (value < 0x80) return put(value);
  if (value < 0x800) {
    put(0xc0 | value >> 6);
  } else if (value < 0x10000) {
    put(0xe0 | value >> 12);
    put(0x80 | (value >> 6 & 0x3f));
  } else {
    put(0xf0 | value >> 18);
    put(0x80 | (value >> 12 & 0x3f));
    put(0x80 | (value >> 6 & 0x3f));
  }
  put(0x80 | (value & 0x3f));
}

size_t find_invalid_utf8(std::string_view text) {
  size_t offset = 0;
  while (offset < text.size()) {
    const uint32_t size = decode(text, offset).size;
    if (size == 0) break;
    offset += size;
  }
  return offset;
}

bool is_name_start(char32_t value) { return value < 0x80 ? is_ascii_letter(value) : contains(name_starts, value); }

bool is_name_continue(char32_t value) {
  return is_name_start(value) || (value >= '0' && value <= '9') || contains(name_extras, value);
}

std::string normalised_name(std::string_view name) {
  const auto is_ascii = [](char c) { return (c & 0x80) == 0; };
  if (std::all_of(name.begin(), name.end(), is_ascii)) return std::string(name);
  utf8proc_uint8_t* raw = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                                             static_cast<utf8proc_ssize_t>(name.size()), &raw, nfkc);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(raw, std::free);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) return std::string(name);
  return {reinterpret_cast<const char*>(raw), static_cast<size_t>(size)};
}

int display_width(char32_t value) {
  if (value < 0x300) return 1;
  if (contains(zero_width_characters, value)) return 0;
  return contains(wide_characters, value) ? 2 : 1;
}

bool is_printable(char32_t value) { return !contains(unprintable, value); }

std::string code_point_name(char32_t value) { return fmt::format("U+{:04X}", static_cast<uint32_t>(value)); }

std::string shortened(std::string_view text) {
  size_t end = 40;
  if (text.size() <= end) return std::string(text);
  while ((text[end] & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace fuseval::frontend

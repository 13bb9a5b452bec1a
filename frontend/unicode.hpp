// Unicode for the lexer and the diagnostics: UTF-8, the code points of identifiers, the normal form in which names are
// compared, and the width of a code point in terminal columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fuseval::frontend {

struct CodePoint {
  char32_t value = 0;
  uint32_t size = 0;  ///< bytes; 0: the bytes there are not UTF-8
};

/// The code point at byte `offset` (offset < text.size()). Overlong forms, surrogates and values above U+10FFFF are not
/// UTF-8.
CodePoint decode(std::string_view text, size_t offset);

/// Appends the UTF-8 form of a code point that is no surrogate and at most U+10FFFF.
void append_utf8(std::string& text, char32_t value);

/// The offset of the first byte that is not UTF-8, or text.size().
size_t find_invalid_utf8(std::string_view text);

/// As Python's identifiers, less the middle dot (see unicode_tables.py).
bool is_name_start(char32_t value);
bool is_name_continue(char32_t value);

/// The NFKC form, in which Python compares identifiers: `é` is one name, whether its accent is a character of its own
/// or not. What is not UTF-8 stays as it is.
std::string normalised_name(std::string_view name);

/// 0 for combining characters, 2 for wide ones, else 1.
int display_width(char32_t value);

/// False for controls, invisible format characters (direction overrides too) and spaces other than U+0020: these are
/// shown by number, or not at all.
bool is_printable(char32_t value);

/// "U+201C".
std::string code_point_name(char32_t value);

/// UTF-8 text as a message quotes it: at most 40 bytes, "…" for the rest.
std::string shortened(std::string_view text);

}  // namespace fuseval::frontend

// Numbers and strings as Python writes them.
#pragma once

#include <string>
#include <string_view>

#include "frontend/token.hpp"

namespace fuseval::frontend {

/// The number that begins at `begin` (a digit, or a point before a digit). Throws Error(syntax).
Token scan_number(std::string_view source, uint32_t begin);

/// The value of a floating or imaginary literal (its factor): correctly rounded, inf beyond the range, as Python has
/// it.
double number_value(std::string_view literal);

struct StringExtent {
  uint32_t end;  ///< behind the closing quote; without one, the end of the line, or of the text after three quotes
  bool is_closed;
};
/// Of the string literal whose opening quote is at `quote`.
StringExtent string_extent(std::string_view source, uint32_t quote);

/// The string literal at `begin` whose opening quote stands `prefix` bytes behind it. Throws Error(syntax).
Token scan_string(std::string_view source, uint32_t begin, uint32_t prefix);

/// Its value as UTF-8, escapes resolved as Python does (an unknown escape stays as written). Throws Error(syntax).
std::string string_value(std::string_view source, Span literal);

}  // namespace fuseval::frontend

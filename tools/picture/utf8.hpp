// UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace fuseval::tools {

/// Code points; each byte that belongs to no valid one becomes U+FFFD.
std::u32string code_points(std::string_view text);

void append_utf8(std::string& text, char32_t code_point);

/// On one line and valid: control characters become blanks, runs of blanks one, and what is no UTF-8 becomes U+FFFD.
std::string clean_line(std::string_view text);

}  // namespace fuseval::tools

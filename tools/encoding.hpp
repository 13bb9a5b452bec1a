// How what somebody typed, or wrote into a file, becomes what texts are made of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fuseval::tools {

/// Of the beginning of a file: some editors put one before UTF-8, and Python's files may have one too.
std::string without_byte_order_mark(std::string text);

/// Letters, digits, _ and everything beyond ASCII.
bool is_name_byte(char c);

/// The name in the form in which texts mean it, which is Python's: NFKC. None: no text can have that name.
std::optional<std::string> name_in_texts(std::string_view name);

}  // namespace fuseval::tools

// Operators of other languages, and characters that no token begins with: each is an error that says what to write.
#pragma once

#include <cstdint>
#include <string_view>

namespace fuseval::frontend {

/// Throws Error(syntax) if an operator of another language, such as "&&", begins at `begin`.
void refuse_foreign_operator(std::string_view source, uint32_t begin);

/// Throws Error(syntax) about the character at `begin`.
[[noreturn]] void refuse_character(std::string_view source, uint32_t begin);

}  // namespace fuseval::frontend

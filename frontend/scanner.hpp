// One token of a text, without regard to lines and brackets.
#pragma once

#include <string_view>

#include "frontend/token.hpp"

namespace fuseval::frontend {

/// The token that begins at `begin`, which is no blank, line end, comment or backslash, and begins a code point.
/// Brackets need not match. Throws Error(syntax), and Error(unsupported) for byte strings, with a span that begins
/// there.
Token scan_token(std::string_view source, uint32_t begin);

}  // namespace fuseval::frontend

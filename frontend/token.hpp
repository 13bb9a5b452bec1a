#pragma once

#include <cstdint>

#include "ir/error.hpp"

namespace fuseval::frontend {

// clang-format off
enum class TokenKind : uint8_t {
  end, newline, indent, dedent,
  name, integer, floating, imaginary, string,
  plus, minus, star, slash, double_slash, percent, double_star, at, left_shift, right_shift,
  ampersand, bar, caret, tilde, less, greater, less_equal, greater_equal, equal, not_equal,
  left_parenthesis, right_parenthesis, left_bracket, right_bracket, left_brace, right_brace,
  comma, colon, dot, ellipsis,
  semicolon, assign, augmented_assign, walrus, arrow,
  keyword_and, keyword_or, keyword_not, keyword_if, keyword_else, keyword_is, keyword_in,
  keyword_true, keyword_false, keyword_none, keyword_for, keyword_lambda,
  statement_keyword,  ///< of the language, in a later version: def, while, return …
  foreign_keyword,    ///< Python's, never of the language: import, class, try …
};
// clang-format on

struct Token {
  TokenKind kind = TokenKind::end;
  Span span;
};

}  // namespace fuseval::frontend

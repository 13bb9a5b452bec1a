// Tokens, as Python's tokenizer makes them: newlines inside brackets are blanks, indentation gives indent and dedent.
// The lexer yields one token at a time, so that a text beyond the parser's limits is not read to its end.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "frontend/token.hpp"

namespace fuseval::frontend {

class Lexer {
 public:
  /// Throws Error(syntax) if `source` (at most 4 GiB) is not UTF-8. `source` must outlive the lexer.
  explicit Lexer(std::string_view source);

  /// The next token; at the end newline (if a line is open), dedents, then end for ever. Throws Error(syntax) for
  /// malformed literals, stray characters and brackets that do not match.
  Token next();

  /// Offsets of the brackets that are open after the last token, outermost first.
  const std::vector<uint32_t>& open_brackets() const { return brackets_; }

 private:
  bool at(size_t offset, char c) const { return offset < source_.size() && source_[offset] == c; }
  bool at_newline() const { return at(position_, '\n') || at(position_, '\r'); }
  void start_line();
  void change_indentation(uint32_t begin, uint32_t column, uint32_t alternative);
  void skip_newline();
  void skip_comment();
  void skip_blanks();
  void continue_line();
  Token end_of_text();
  Token end_of_line();
  void match_bracket(const Token& token);
  void close_bracket(char closing);

  /// Columns of one indentation level: tabs to multiples of 8, and tabs as 1. Both must agree on an order.
  struct Indentation {
    uint32_t column;
    uint32_t alternative;
  };

  std::string_view source_;
  uint32_t position_ = 0;
  std::vector<uint32_t> brackets_;
  std::vector<Indentation> indentations_;
  int pending_ = 0;  ///< indents (positive) or dedents (negative) still to be yielded
  bool line_starts_ = true;
  bool line_is_open_ = false;
};

}  // namespace fuseval::frontend

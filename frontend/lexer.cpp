#include "frontend/lexer.hpp"

#include <fmt/format.h>

#include "frontend/diagnostic.hpp"
#include "frontend/scanner.hpp"
#include "frontend/unicode.hpp"

namespace fuseval::frontend {
namespace {

char opening_of(char closing) { return closing == ')' ? '(' : closing == ']' ? '[' : '{'; }

}  // namespace

Lexer::Lexer(std::string_view source) : source_(source) {
  const size_t invalid = find_invalid_utf8(source);
  if (invalid == source.size()) return;
  const auto begin = static_cast<uint32_t>(invalid);
  if (source.starts_with("\xff\xfe") || source.starts_with("\xfe\xff"))
    throw Error(ErrorCode::syntax, "the text is UTF-16 or UTF-32; it must be UTF-8", {0, 2});
  throw Error(ErrorCode::syntax,
              fmt::format("byte 0x{:02X} is not valid UTF-8 here", static_cast<unsigned char>(source[invalid])),
              {begin, begin + 1});
}

Token Lexer::next() {
  for (;;) {
    if (line_starts_) start_line();
    if (pending_ > 0) return --pending_, Token{TokenKind::indent, {position_, position_}};
    if (pending_ < 0) return ++pending_, Token{TokenKind::dedent, {position_, position_}};
    skip_blanks();
    if (position_ == source_.size()) return end_of_text();
    if (at_newline()) return end_of_line();
    line_is_open_ = true;
    const Token token = scan_token(source_, position_);
    match_bracket(token);
    position_ = token.span.end;
    return token;
  }
}

void Lexer::skip_newline() { position_ += at(position_, '\r') && at(position_ + 1, '\n') ? 2 : 1; }

void Lexer::skip_comment() {
  while (position_ < source_.size() && !at_newline()) ++position_;
}

/// Skips lines that hold no token, then compares the indentation of the first that does.
void Lexer::start_line() {
  for (;;) {
    const uint32_t begin = position_;
    uint32_t column = 0;
    uint32_t alternative = 0;
    for (; position_ < source_.size(); ++position_) {
      const char c = source_[position_];
      if (c == '\f') {
        column = alternative = 0;
      } else if (c == ' ' || c == '\t') {
        column = c == ' ' ? column + 1 : (column / 8 + 1) * 8;
        ++alternative;
      } else {
        break;
      }
    }
    if (at(position_, '#')) skip_comment();
    if (position_ == source_.size()) return;
    if (!at_newline()) return change_indentation(begin, column, alternative);
    skip_newline();
  }
}

/// The first line's indentation is the base, so that texts may be indented as a whole.
void Lexer::change_indentation(uint32_t begin, uint32_t column, uint32_t alternative) {
  line_starts_ = false;
  if (indentations_.empty()) indentations_.push_back({column, alternative});
  const auto fail = [&](const char* message) { throw Error(ErrorCode::syntax, message, {begin, position_}); };
  const char* mixed = "tabs and spaces are mixed so that the indentation depends on the width of a tab";
  const Indentation outer = indentations_.back();
  if ((column > outer.column) != (alternative > outer.alternative)) fail(mixed);
  if (column > outer.column) {
    indentations_.push_back({column, alternative});
    ++pending_;
    return;
  }
  while (!indentations_.empty() && indentations_.back().column > column) {
    indentations_.pop_back();
    --pending_;
  }
  if (indentations_.empty() || indentations_.back().column != column) fail("this indentation matches no outer line");
  if (indentations_.back().alternative != alternative) fail(mixed);
}

void Lexer::skip_blanks() {
  while (position_ < source_.size()) {
    const char c = source_[position_];
    if (c == '#') {
      skip_comment();
    } else if (c == '\\') {
      continue_line();
    } else if (c == ' ' || c == '\t' || c == '\f' || (at_newline() && (!brackets_.empty() || !line_is_open_))) {
      ++position_;
    } else {
      return;
    }
  }
}

void Lexer::continue_line() {
  const Span backslash = {position_, position_ + 1};
  ++position_;
  if (position_ < source_.size() && !at_newline()) {
    throw Error(ErrorCode::syntax, "'\\' continues a line: only a line end may follow it", backslash);
  }
  if (position_ < source_.size()) skip_newline();
  if (position_ == source_.size()) {
    throw Error(ErrorCode::syntax, "'\\' continues a line, and the text ends here", backslash);
  }
}

Token Lexer::end_of_text() {
  const Span here = {position_, position_};
  if (!brackets_.empty()) return {TokenKind::end, here};
  if (line_is_open_) {
    line_is_open_ = false;
    return {TokenKind::newline, here};
  }
  if (indentations_.size() > 1) {
    indentations_.pop_back();
    return {TokenKind::dedent, here};
  }
  return {TokenKind::end, here};
}

Token Lexer::end_of_line() {
  const uint32_t begin = position_;
  skip_newline();
  line_starts_ = true;
  line_is_open_ = false;
  return {TokenKind::newline, {begin, position_}};
}

void Lexer::match_bracket(const Token& token) {
  switch (token.kind) {
    case TokenKind::left_parenthesis:
    case TokenKind::left_bracket:
    case TokenKind::left_brace:
      brackets_.push_back(token.span.begin);
      break;
    case TokenKind::right_parenthesis:
    case TokenKind::right_bracket:
    case TokenKind::right_brace:
      close_bracket(source_[token.span.begin]);
      break;
    default:
      break;
  }
}

void Lexer::close_bracket(char closing) {
  const Span here = {position_, position_ + 1};
  if (brackets_.empty()) throw Error(ErrorCode::syntax, fmt::format("'{}' closes no open bracket", closing), here);
  const char opening = source_[brackets_.back()];
  if (opening != opening_of(closing)) {
    const Place place = place_of(source_, brackets_.back());
    throw Error(
        ErrorCode::syntax,
        fmt::format("'{}' does not match the '{}' at line {}, column {}", closing, opening, place.line, place.column),
        here);
  }
  brackets_.pop_back();
}

}  // namespace fuseval::frontend

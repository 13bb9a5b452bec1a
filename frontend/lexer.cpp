#include "frontend/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "frontend/diagnostic.hpp"
#include "frontend/literals.hpp"
#include "frontend/unicode.hpp"

namespace fuseval::frontend {
namespace {

struct Spelling {
  std::string_view text;
  TokenKind kind;
};

/// Longest first where one begins another.
constexpr Spelling operators[] = {
    {"**=", TokenKind::augmented_assign},
    {"//=", TokenKind::augmented_assign},
    {"<<=", TokenKind::augmented_assign},
    {">>=", TokenKind::augmented_assign},
    {"...", TokenKind::ellipsis},
    {"+=", TokenKind::augmented_assign},
    {"-=", TokenKind::augmented_assign},
    {"*=", TokenKind::augmented_assign},
    {"/=", TokenKind::augmented_assign},
    {"%=", TokenKind::augmented_assign},
    {"@=", TokenKind::augmented_assign},
    {"&=", TokenKind::augmented_assign},
    {"|=", TokenKind::augmented_assign},
    {"^=", TokenKind::augmented_assign},
    {"**", TokenKind::double_star},
    {"//", TokenKind::double_slash},
    {"<<", TokenKind::left_shift},
    {">>", TokenKind::right_shift},
    {"<=", TokenKind::less_equal},
    {">=", TokenKind::greater_equal},
    {"==", TokenKind::equal},
    {"!=", TokenKind::not_equal},
    {":=", TokenKind::walrus},
    {"->", TokenKind::arrow},
    {"+", TokenKind::plus},
    {"-", TokenKind::minus},
    {"*", TokenKind::star},
    {"/", TokenKind::slash},
    {"%", TokenKind::percent},
    {"@", TokenKind::at},
    {"&", TokenKind::ampersand},
    {"|", TokenKind::bar},
    {"^", TokenKind::caret},
    {"~", TokenKind::tilde},
    {"<", TokenKind::less},
    {">", TokenKind::greater},
    {"(", TokenKind::left_parenthesis},
    {")", TokenKind::right_parenthesis},
    {"[", TokenKind::left_bracket},
    {"]", TokenKind::right_bracket},
    {"{", TokenKind::left_brace},
    {"}", TokenKind::right_brace},
    {",", TokenKind::comma},
    {":", TokenKind::colon},
    {".", TokenKind::dot},
    {";", TokenKind::semicolon},
    {"=", TokenKind::assign},
};

constexpr Spelling keywords[] = {
    {"and", TokenKind::keyword_and},
    {"or", TokenKind::keyword_or},
    {"not", TokenKind::keyword_not},
    {"if", TokenKind::keyword_if},
    {"else", TokenKind::keyword_else},
    {"is", TokenKind::keyword_is},
    {"in", TokenKind::keyword_in},
    {"True", TokenKind::keyword_true},
    {"False", TokenKind::keyword_false},
    {"None", TokenKind::keyword_none},
    {"for", TokenKind::keyword_for},
    {"lambda", TokenKind::keyword_lambda},
    {"break", TokenKind::statement_keyword},
    {"continue", TokenKind::statement_keyword},
    {"def", TokenKind::statement_keyword},
    {"elif", TokenKind::statement_keyword},
    {"pass", TokenKind::statement_keyword},
    {"return", TokenKind::statement_keyword},
    {"while", TokenKind::statement_keyword},
    {"as", TokenKind::foreign_keyword},
    {"assert", TokenKind::foreign_keyword},
    {"async", TokenKind::foreign_keyword},
    {"await", TokenKind::foreign_keyword},
    {"class", TokenKind::foreign_keyword},
    {"del", TokenKind::foreign_keyword},
    {"except", TokenKind::foreign_keyword},
    {"finally", TokenKind::foreign_keyword},
    {"from", TokenKind::foreign_keyword},
    {"global", TokenKind::foreign_keyword},
    {"import", TokenKind::foreign_keyword},
    {"nonlocal", TokenKind::foreign_keyword},
    {"raise", TokenKind::foreign_keyword},
    {"try", TokenKind::foreign_keyword},
    {"with", TokenKind::foreign_keyword},
    {"yield", TokenKind::foreign_keyword},
};

const Spelling* keyword_named(std::string_view word) {
  const auto* found =
      std::find_if(std::begin(keywords), std::end(keywords), [&](const Spelling& k) { return k.text == word; });
  return found == std::end(keywords) ? nullptr : found;
}

/// Spellings of other languages, and what to write instead.
struct Foreign {
  std::string_view text;
  std::string_view advice;
};

constexpr Foreign foreign_operators[] = {
    {"===", "'===' is not an operator: equality is '=='"},
    {"!==", "'!==' is not an operator: inequality is '!='"},
    {"&&", "'&&' is not an operator: write '&' (between parenthesised comparisons) or 'and'"},
    {"||", "'||' is not an operator: write '|' (between parenthesised comparisons) or 'or'"},
    {"<>", "'<>' is not an operator: inequality is '!='"},
    {"=>", "'=>' is not an operator: greater or equal is '>='"},
    {".*", "'.*' is not an operator: operators work element by element, write '*'"},
    {"./", "'./' is not an operator: operators work element by element, write '/'"},
    {".^", "'.^' is not an operator: operators work element by element, and a power is '**'"},
    {"?", "'?' is not an operator: a conditional is written 'x if condition else y'"},
};

/// Characters that look like, or are the typeset form of, something that can be typed.
struct Lookalike {
  char32_t character;
  std::string_view instead;
};

constexpr Lookalike lookalikes[] = {
    {0xab, "\""},        {0xb2, "**2"}, {0xb3, "**3"},  {0xb7, "*"},    {0xbb, "\""},        {0xd7, "*"},
    {0xf7, "/"},         {0x2010, "-"}, {0x2011, "-"},  {0x2012, "-"},  {0x2013, "-"},       {0x2014, "-"},
    {0x2018, "'"},       {0x2019, "'"}, {0x201a, "'"},  {0x201c, "\""}, {0x201d, "\""},      {0x201e, "\""},
    {0x2026, "..."},     {0x2032, "'"}, {0x2033, "\""}, {0x2044, "/"},  {0x2211, "sum(…)"},  {0x2212, "-"},
    {0x220f, "prod(…)"}, {0x2215, "/"}, {0x2217, "*"},  {0x2219, "*"},  {0x221a, "sqrt(…)"}, {0x221e, "inf"},
    {0x2227, "&"},       {0x2228, "|"}, {0x2260, "!="}, {0x2264, "<="}, {0x2265, ">="},      {0x22c5, "*"},
    {0xac, "~"},
};

std::string_view instead_of(char32_t character) {
  const auto* found = std::find_if(std::begin(lookalikes), std::end(lookalikes),
                                   [&](const Lookalike& l) { return l.character == character; });
  return found == std::end(lookalikes) ? std::string_view() : found->instead;
}

bool is_fullwidth_ascii(char32_t c) { return c >= 0xff01 && c <= 0xff5e; }

/// What to do about a character that no token begins with; "" if there is nothing to say.
std::string advice_on(char32_t c) {
  if (const auto instead = instead_of(c); !instead.empty()) return fmt::format(": write {} instead", instead);
  if (is_fullwidth_ascii(c)) return fmt::format(": write {} instead", static_cast<char>(c - 0xfee0));
  if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000) {
    return ": write an ordinary space";
  }
  if (c == 0xfeff) return ": it is an invisible byte order mark, delete it";
  if (c >= 0x80 && !is_printable(c)) return ": it is invisible, delete it";
  if (c == 0) return ": the text may be UTF-16, and must be UTF-8";
  return "";
}

char opening_of(char closing) { return closing == ')' ? '(' : closing == ']' ? '[' : '{'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// Whether `word`, which a quote follows, is a prefix of a string literal in Python.
bool is_string_prefix(std::string_view word) {
  if (word.size() > 2) return false;
  std::string key;
  for (char c : word) key += lower(c);
  std::sort(key.begin(), key.end());
  constexpr std::array<std::string_view, 6> prefixes = {"b", "f", "r", "u", "br", "fr"};
  return std::find(prefixes.begin(), prefixes.end(), key) != prefixes.end();
}

[[noreturn]] void stray_character(std::string_view source, uint32_t begin) {
  const CodePoint c = decode(source, begin);
  const Span span = {begin, begin + c.size};
  if (c.value == '!') throw Error(ErrorCode::syntax, "'!' is not an operator: write '~' or 'not'", span);
  const std::string shown = is_printable(c.value)
                                ? fmt::format("'{}' ({})", source.substr(begin, c.size), code_point_name(c.value))
                                : code_point_name(c.value);
  throw Error(ErrorCode::syntax, fmt::format("unexpected character {}{}", shown, advice_on(c.value)), span);
}

Token scan_operator(std::string_view source, uint32_t begin) {
  const std::string_view rest = source.substr(begin);
  const auto span = [&](std::string_view text) { return Span{begin, begin + static_cast<uint32_t>(text.size())}; };
  for (const Foreign& foreign : foreign_operators)
    if (rest.starts_with(foreign.text)) throw Error(ErrorCode::syntax, std::string(foreign.advice), span(foreign.text));
  for (const Spelling& spelling : operators)
    if (rest.starts_with(spelling.text)) return {spelling.kind, span(spelling.text)};
  stray_character(source, begin);
}

Token scan_prefixed_string(std::string_view source, uint32_t begin, std::string_view prefix) {
  const auto size = static_cast<uint32_t>(prefix.size());
  for (char c : prefix) {
    const Span span = {begin, begin + size + 1};
    if (lower(c) == 'f') throw Error(ErrorCode::syntax, "f-strings are not available", span);
    if (lower(c) == 'b') throw Error(ErrorCode::unsupported, "byte strings are not available in this version", span);
  }
  return scan_string(source, begin, size);
}

Token scan_word(std::string_view source, uint32_t begin) {
  uint32_t end = begin;
  while (end < source.size()) {
    const CodePoint c = decode(source, end);
    if (!is_name_continue(c.value)) break;
    end += c.size;
  }
  const std::string_view word = source.substr(begin, end - begin);
  const bool quote_follows = end < source.size() && (source[end] == '"' || source[end] == '\'');
  if (quote_follows && is_string_prefix(word)) return scan_prefixed_string(source, begin, word);
  if (const Spelling* keyword = keyword_named(word)) return {keyword->kind, {begin, end}};
  // To Python this is a name, which nothing could be bound to but by the same letters.
  if (const std::string normal = normalised_name(word); normal != word && keyword_named(normal)) {
    throw Error(ErrorCode::syntax, fmt::format("'{}' is the keyword '{}' in other letters", shortened(word), normal),
                {begin, end});
  }
  return {TokenKind::name, {begin, end}};
}

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

}  // namespace

Token scan_token(std::string_view source, uint32_t begin) {
  const CodePoint c = decode(source, begin);
  if (is_name_start(c.value)) return scan_word(source, begin);
  if (c.value == '"' || c.value == '\'') return scan_string(source, begin, 0);
  const bool point_and_digit =
      c.value == '.' && begin + 1 < source.size() && is_digit(static_cast<unsigned char>(source[begin + 1]));
  if (point_and_digit || is_digit(c.value)) return scan_number(source, begin);
  return scan_operator(source, begin);
}

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

#include "frontend/scanner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "frontend/diagnostic.hpp"
#include "frontend/foreign_signs.hpp"
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

Token scan_operator(std::string_view source, uint32_t begin) {
  const std::string_view rest = source.substr(begin);
  const auto span = [&](std::string_view text) { return Span{begin, begin + static_cast<uint32_t>(text.size())}; };
  refuse_foreign_operator(source, begin);
  for (const Spelling& spelling : operators)
    if (rest.starts_with(spelling.text)) return {spelling.kind, span(spelling.text)};
  refuse_character(source, begin);
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

bool is_ascii_digit(char32_t c) { return c >= '0' && c <= '9'; }

}  // namespace

Token scan_token(std::string_view source, uint32_t begin) {
  const CodePoint c = decode(source, begin);
  if (is_name_start(c.value)) return scan_word(source, begin);
  if (c.value == '"' || c.value == '\'') return scan_string(source, begin, 0);
  const bool point_and_digit =
      c.value == '.' && begin + 1 < source.size() && is_ascii_digit(static_cast<unsigned char>(source[begin + 1]));
  if (point_and_digit || is_ascii_digit(c.value)) return scan_number(source, begin);
  return scan_operator(source, begin);
}

}  // namespace fuseval::frontend

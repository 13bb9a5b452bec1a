#include "frontend/foreign_signs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "frontend/diagnostic.hpp"
#include "frontend/unicode.hpp"

namespace fuseval::frontend {
namespace {

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

}  // namespace

void refuse_foreign_operator(std::string_view source, uint32_t begin) {
  const std::string_view rest = source.substr(begin);
  for (const Foreign& foreign : foreign_operators) {
    const Span span = {begin, begin + static_cast<uint32_t>(foreign.text.size())};
    if (rest.starts_with(foreign.text)) throw Error(ErrorCode::syntax, std::string(foreign.advice), span);
  }
}

void refuse_character(std::string_view source, uint32_t begin) {
  const CodePoint c = decode(source, begin);
  const Span span = {begin, begin + c.size};
  if (c.value == '!') throw Error(ErrorCode::syntax, "'!' is not an operator: write '~' or 'not'", span);
  const std::string shown = is_printable(c.value)
                                ? fmt::format("'{}' ({})", source.substr(begin, c.size), code_point_name(c.value))
                                : code_point_name(c.value);
  throw Error(ErrorCode::syntax, fmt::format("unexpected character {}{}", shown, advice_on(c.value)), span);
}

}  // namespace fuseval::frontend

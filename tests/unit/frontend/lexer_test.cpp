#include "frontend/lexer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

std::vector<Token> tokens(std::string_view text) {
  Lexer lexer(text);
  std::vector<Token> all;
  do all.push_back(lexer.next());
  while (all.back().kind != TokenKind::end);
  return all;
}

/// Tokens with a "·" between them; those without a text by their kind.
std::string shown(std::string_view text) {
  std::string result;
  for (const Token& token : tokens(text)) {
    if (!result.empty()) result += " ";
    switch (token.kind) {
      case TokenKind::end:
        result += "END";
        break;
      case TokenKind::newline:
        result += "NEWLINE";
        break;
      case TokenKind::indent:
        result += "INDENT";
        break;
      case TokenKind::dedent:
        result += "DEDENT";
        break;
      default:
        result += text.substr(token.span.begin, token.span.end - token.span.begin);
    }
  }
  return result;
}

TokenKind kind(std::string_view text) { return tokens(text).front().kind; }

bool is_refused(std::string_view text) {
  try {
    tokens(text);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::syntax);
    CHECK(error.span().end <= text.size());
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the longest operator is taken") {
  CHECK(shown("a**b*c//d/e<<f<=g<h") == "a ** b * c // d / e << f <= g < h NEWLINE END");
  CHECK(shown("a[...,1:]!=b.T") == "a [ ... , 1 : ] != b . T NEWLINE END");
  CHECK(shown("a**=b//=c>>=d:=e->f") == "a **= b //= c >>= d := e -> f NEWLINE END");
  CHECK(shown("..5 ...5") == ". .5 ... 5 NEWLINE END");
}

TEST_CASE("lines and indentation") {
  CHECK(shown("") == "END");
  CHECK(shown("  # only a comment\n\n") == "END");
  CHECK(shown("a\n") == "a NEWLINE END");
  CHECK(shown("\n\na # b\r\nc\rd") == "a NEWLINE c NEWLINE d NEWLINE END");
  CHECK(shown("a:\n  b\n\n # blank\n  c\nd") == "a : NEWLINE INDENT b NEWLINE c NEWLINE DEDENT d NEWLINE END");
  CHECK(shown("a:\n b:\n  c") == "a : NEWLINE INDENT b : NEWLINE INDENT c NEWLINE DEDENT DEDENT END");
  CHECK(shown("(a,\n   b\n)\n") == "( a , b ) NEWLINE END");
  CHECK(shown("a + \\\n b") == "a + b NEWLINE END");
}

TEST_CASE("a text may be indented as a whole") {
  CHECK(shown("   a\n   b") == "a NEWLINE b NEWLINE END");
  CHECK(is_refused("   a\n  b"));
}

TEST_CASE("indentation must not depend on the width of a tab") {
  CHECK(shown("a:\n\tb\n\tc") == "a : NEWLINE INDENT b NEWLINE c NEWLINE DEDENT END");
  CHECK(is_refused("a:\n        b\n\tc"));
  CHECK(is_refused("a:\n  b\n\tc:\n"));
}

TEST_CASE("numbers that Python accepts") {
  for (const char* text : {"0", "00", "0_0", "12", "1_000", "0xFf", "0x_f", "0o17", "0B101"}) {
    CAPTURE(text);
    CHECK(kind(text) == TokenKind::integer);
    CHECK(tokens(text).front().span.end == std::string_view(text).size());
  }
  for (const char* text : {"1.", ".5", "1.5", "1e5", "1E+5", "1.e-5", "012.5", "09e1", "1_0.0_1e1_0"}) {
    CAPTURE(text);
    CHECK(kind(text) == TokenKind::floating);
    CHECK(tokens(text).front().span.end == std::string_view(text).size());
  }
  for (const char* text : {"2j", "2J", ".5j", "1e5j", "007j"}) {
    CAPTURE(text);
    CHECK(kind(text) == TokenKind::imaginary);
    CHECK(tokens(text).front().span.end == std::string_view(text).size());
  }
}

TEST_CASE("numbers that Python refuses") {
  for (const char* text :
       {"1__0", "1_",     "1_.5", "1._5", "012",  "0_7",  "0x",   "0xg", "0b2",    "0b12",    "0o8",
        "0x_",  "0x1__2", "1e",   "1e+",  "1e_5", "1e5_", "5abc", "1jj", "1.5e5x", "1\u03b1", "0_x1"}) {
    CAPTURE(text);
    CHECK(is_refused(text));
  }
}

TEST_CASE("keywords may touch a number") {
  CHECK(shown("1if 2else 3") == "1 if 2 else 3 NEWLINE END");
  CHECK(shown("0x1for x") == "0x1f or x NEWLINE END");
}

TEST_CASE("names") {
  for (const char* text : {"a", "_", "x1", "\u03b1\u03b2", "\u00e9t\u00e9", "\u5909\u6570", "x\u0663", "iff", "nota"}) {
    CAPTURE(text);
    CHECK(kind(text) == TokenKind::name);
    CHECK(tokens(text).size() == 3);
  }
  CHECK(kind("if") == TokenKind::keyword_if);
  CHECK(kind("while") == TokenKind::statement_keyword);
  CHECK(kind("import") == TokenKind::foreign_keyword);
}

TEST_CASE("names may be written in any form that Python normalises") {
  for (const char* text :
       {"\u00b5", "\ufb01", "e\u0301", "\uff41\uff11", "\u1112\u1161\u11ab", "\u2102", "\U0001d4b6"}) {
    CAPTURE(text);
    CHECK(kind(text) == TokenKind::name);
    CHECK(tokens(text).size() == 3);
    CHECK(tokens(text).front().span.end == std::string_view(text).size());
  }
}

TEST_CASE("what begins no name, or is a keyword in other letters, is refused") {
  for (const char* text : {"x\u00b7y", "x\u0387y", "\u0663", "\u0301e", "x\u00b2", "\uff49\uff46", "\U0001d413rue"}) {
    CAPTURE(text);
    CHECK(is_refused(text));
  }
}

TEST_CASE("what is not UTF-8 is refused at its place") {
  const auto place = [](std::string_view text) {
    try {
      tokens(text);
    } catch (const Error& error) {
      return error.span().begin;
    }
    return 999u;
  };
  CHECK(place("a + \xff") == 4);
  CHECK(place("'\xc3\xa9\xc3'") == 3);      // a sequence cut short
  CHECK(place("# \xed\xa0\x80") == 2);      // a surrogate
  CHECK(place("\xc0\xaf") == 0);            // an overlong slash
  CHECK(place("ab\xf4\x90\x80\x80") == 2);  // above U+10FFFF
  CHECK(place("a\xe2\x82") == 1);           // the text ends inside a sequence
  CHECK(place("\xc3\xa9") == 999);
}

TEST_CASE("brackets are tracked") {
  Lexer lexer("(a[");
  while (lexer.next().kind != TokenKind::end) continue;
  CHECK(lexer.open_brackets() == std::vector<uint32_t>{0, 2});
  CHECK(is_refused("(]"));
  CHECK(is_refused("a)"));
}

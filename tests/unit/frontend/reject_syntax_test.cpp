// One text for each thing that the lexer and the parser can say, with the exact message and the picture.
#include <doctest/doctest.h>

#include "frontend/ast.hpp"
#include "frontend/diagnostic.hpp"

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

constexpr ErrorCode syntax = ErrorCode::syntax;
constexpr ErrorCode unsupported = ErrorCode::unsupported;

struct Reject {
  std::string_view text;
  ErrorCode code;
  std::string_view message;
  std::string_view picture;  ///< "": the error has no place
};

constexpr Reject rejects[] = {
    // what is missing
    {"", syntax, "an expression is expected, and the text holds none", ""},
    {"  # nothing here\n", syntax, "an expression is expected, and the text holds none", "\n^"},
    {"a +", syntax, "expected an expression after '+', found the end of the text", "a +\n   ^"},
    {"a +  # more", syntax, "expected an expression after '+', found the end of the text", "a +  # more\n   ^"},
    {"a +\n", syntax,
     "expected an expression after '+', found the end of the line (inside parentheses an expression may take several)",
     "a +\n   ^"},
    {"a +\nb", syntax,
     "expected an expression after '+', found the end of the line (inside parentheses an expression may take several)",
     "a +\n   ^"},
    {"-", syntax, "expected an expression after '-', found the end of the text", "-\n ^"},
    {"not", syntax, "expected an expression after 'not', found the end of the text", "not\n   ^"},
    {"a if b", syntax, "expected 'else' and the value for when the condition is false, found the end of the text",
     "a if b\n      ^"},
    {"a if b else", syntax, "expected an expression after 'else', found the end of the text",
     "a if b else\n           ^"},
    {"a if b if c else d else e", syntax, "expected 'else' and the value for when the condition is false, found 'if'",
     "a if b if c else d else e\n       ^~"},
    {"a.", syntax, "expected a name after '.', found the end of the text", "a.\n  ^"},
    {"a.5.b", syntax,
     "expected an operator or the end of the expression, found the number '.5': is an operator or ',' missing before "
     "it?",
     "a.5.b\n ^~"},
    {"a.True", syntax, "expected a name after '.', found 'True'", "a.True\n  ^~~~"},
    {"f(axis=)", syntax, "expected an expression after '=', found ')'", "f(axis=)\n       ^"},
    {"a[]", syntax, "an index is expected between '[' and ']'", "a[]\n  ^"},
    {",a", syntax, "expected an expression, found ','", ",a\n^"},
    {"a,,b", syntax, "expected an expression after ',', found ','", "a,,b\n  ^"},
    {"(,)", syntax, "expected an expression after '(', found ','", "(,)\n ^"},
    {"f(,)", syntax, "expected an expression after '(', found ','", "f(,)\n  ^"},
    {"a[,]", syntax, "expected an expression after '[', found ','", "a[,]\n  ^"},
    {"a ** ", syntax, "expected an expression after '**', found the end of the text", "a ** \n    ^"},
    {"f(a,\n", syntax, "'(' is never closed", "f(a,\n ^"},
    // what stands in the way
    {"a b", syntax,
     "expected an operator or the end of the expression, found the name 'b': is an operator or ',' missing before it?",
     "a b\n  ^"},
    {"2 a", syntax,
     "expected an operator or the end of the expression, found the name 'a': is an operator or ',' missing before it?",
     "2 a\n  ^"},
    {"f(a b)", syntax, "expected an operator, ',' or ')', found the name 'b': is an operator or ',' missing before it?",
     "f(a b)\n    ^"},
    {"[a b]", syntax, "expected an operator, ',' or ']', found the name 'b': is an operator or ',' missing before it?",
     "[a b]\n   ^"},
    {"(a b)", syntax, "expected an operator, ',' or ')', found the name 'b': is an operator or ',' missing before it?",
     "(a b)\n   ^"},
    {"a[b c]", syntax,
     "expected an operator, ',', ':' or ']', found the name 'c': is an operator or ',' missing before it?",
     "a[b c]\n    ^"},
    {"a 'axis'", syntax,
     "expected an operator or the end of the expression, found a string: is an operator or ',' missing before it?",
     "a 'axis'\n  ^~~~~~"},
    {"a : b", syntax, "expected an operator or the end of the expression, found ':'", "a : b\n  ^"},
    {"a[1:2:3:4]", syntax, "a slice has at most three parts, start:stop:step", "a[1:2:3:4]\n       ^"},
    {"(1:2)", syntax, "expected an operator, ',' or ')', found ':'", "(1:2)\n  ^"},
    {"a -> b", syntax, "expected an operator or the end of the expression, found '->'", "a -> b\n  ^~"},
    {"a else b", syntax, "expected an operator or the end of the expression, found 'else'", "a else b\n  ^~~~"},
    {"a, b c", syntax,
     "expected an operator or the end of the expression, found the name 'c': is an operator or ',' missing before it?",
     "a, b c\n     ^"},
    // brackets
    {"(a + b", syntax, "'(' is never closed", "(a + b\n^"},
    {"f(a[1, 2)", syntax, "')' does not match the '[' at line 1, column 4", "f(a[1, 2)\n        ^"},
    {"(a", syntax, "'(' is never closed", "(a\n^"},
    {"f(\n  a,\n  [b\n)", syntax, "')' does not match the '[' at line 3, column 3", ")\n^"},
    {"a)", syntax, "')' closes no open bracket", "a)\n ^"},
    {"(a]", syntax, "']' does not match the '(' at line 1, column 1", "(a]\n  ^"},
    {"{a: b}", syntax, "sets and dictionaries are not available", "{a: b}\n^"},
    // operators of other languages
    {"a && b", syntax, "'&&' is not an operator: write '&' (between parenthesised comparisons) or 'and'",
     "a && b\n  ^~"},
    {"a || b", syntax, "'||' is not an operator: write '|' (between parenthesised comparisons) or 'or'",
     "a || b\n  ^~"},
    {"!a", syntax, "'!' is not an operator: write '~' or 'not'", "!a\n^"},
    {"a <> b", syntax, "'<>' is not an operator: inequality is '!='", "a <> b\n  ^~"},
    {"a === b", syntax, "'===' is not an operator: equality is '=='", "a === b\n  ^~~"},
    {"a !== b", syntax, "'!==' is not an operator: inequality is '!='", "a !== b\n  ^~~"},
    {"a => b", syntax, "'=>' is not an operator: greater or equal is '>='", "a => b\n  ^~"},
    {"a ? b : c", syntax, "'?' is not an operator: a conditional is written 'x if condition else y'", "a ? b : c\n  ^"},
    {"a ! b", syntax, "'!' is not an operator: write '~' or 'not'", "a ! b\n  ^"},
    // Python's operators that arrays do not have
    {"a is None", syntax, "'is' compares identities, which arrays do not have: write '=='", "a is None\n  ^~"},
    {"a in b", syntax, "'in' is not an operator of array expressions: combine '==' with '|'", "a in b\n  ^~"},
    {"a not in b", syntax, "'not' cannot stand between two expressions ('not in' is not available)",
     "a not in b\n  ^~~"},
    {"a not b", syntax, "'not' cannot stand between two expressions ('not in' is not available)", "a not b\n  ^~~"},
    {"a == not b", syntax, "'not' after '==' needs parentheses: == (not …)", "a == not b\n     ^~~"},
    {"-not a", syntax, "'not' after '-' needs parentheses: - (not …)", "-not a\n ^~~"},
    {"f(*a)", syntax, "unpacking with '*' is not available", "f(*a)\n  ^"},
    {"f(**a)", syntax, "unpacking with '**' is not available", "f(**a)\n  ^~"},
    {"*a, b", syntax, "unpacking with '*' is not available", "*a, b\n^"},
    {"a**", syntax, "expected an expression after '**', found the end of the text", "a**\n   ^"},
    {"[x for x in a]", syntax, "comprehensions are not available: operations on arrays are elementwise already",
     "[x for x in a]\n   ^~~"},
    {"{1, 2}", syntax, "sets and dictionaries are not available", "{1, 2}\n^"},
    {"lambda x: x", unsupported, "'lambda' is not available in this version", "lambda x: x\n^~~~~~"},
    {"await a", syntax, "'await' is a keyword of Python that array expressions do not have", "await a\n^~~~~"},
    {"yield a", syntax, "'yield' is a keyword of Python that array expressions do not have", "yield a\n^~~~~"},
    {"a if b else lambda: c", unsupported, "'lambda' is not available in this version",
     "a if b else lambda: c\n            ^~~~~~"},
    // arguments
    {"f(axis=0, a)", syntax, "a positional argument cannot follow a keyword argument", "f(axis=0, a)\n          ^"},
    {"f(axis=0, axis=1)", syntax, "the keyword argument 'axis' is repeated", "f(axis=0, axis=1)\n          ^~~~"},
    {"f(a.b=1)", syntax, "a keyword argument is 'name=value' (a comparison is written '==')", "f(a.b=1)\n  ^~~~"},
    {"f(1=2)", syntax, "a keyword argument is 'name=value' (a comparison is written '==')", "f(1=2)\n  ^~"},
    {"f((a)=1)", syntax, "a keyword argument is 'name=value' (a comparison is written '==')", "f((a)=1)\n  ^~~~"},
    {"f(a[0]=1)", syntax, "a keyword argument is 'name=value' (a comparison is written '==')", "f(a[0]=1)\n  ^~~~~"},
    // statements
    {"a = 1", unsupported,
     "'=' assigns: statements are not available in this version, one expression is expected (a comparison is written "
     "'==')",
     "a = 1\n  ^"},
    {"a += b", unsupported, "'+=' assigns: statements are not available in this version, one expression is expected",
     "a += b\n  ^~"},
    {"a; b", unsupported,
     "';' ends a statement: statements are not available in this version, one expression is expected", "a; b\n ^"},
    {"(a := 1)", unsupported, "':=' assigns: statements are not available in this version, one expression is expected",
     "(a := 1)\n   ^~"},
    {"a[0] = 1", unsupported,
     "'=' assigns: statements are not available in this version, one expression is expected (a comparison is written "
     "'==')",
     "a[0] = 1\n     ^"},
    {"def f(x): return x", unsupported,
     "'def' begins a statement: statements are not available in this version, one expression is expected",
     "def f(x): return x\n^~~"},
    {"for i in a: b", unsupported,
     "'for' begins a statement: statements are not available in this version, one expression is expected",
     "for i in a: b\n^~~"},
    {"while a: b", unsupported,
     "'while' begins a statement: statements are not available in this version, one expression is expected",
     "while a: b\n^~~~~"},
    {"if a: b", unsupported,
     "'if' begins a statement: statements are not available in this version, one expression is expected",
     "if a: b\n^~"},
    {"return a", unsupported,
     "'return' begins a statement: statements are not available in this version, one expression is expected",
     "return a\n^~~~~~"},
    {"import os", syntax, "'import' is a keyword of Python that array expressions do not have", "import os\n^~~~~~"},
    {"class A: pass", syntax, "'class' is a keyword of Python that array expressions do not have",
     "class A: pass\n^~~~~"},
    {"a\nb", unsupported,
     "a second line begins here: statements are not available in this version, one expression is expected (inside "
     "parentheses it may take several lines)",
     "b\n^"},
    {"a\n+ b", unsupported,
     "a second line begins here: statements are not available in this version, one expression is expected (inside "
     "parentheses it may take several lines)",
     "+ b\n^"},
    {"  a\n    b", unsupported,
     "a second line begins here: statements are not available in this version, one expression is expected (inside "
     "parentheses it may take several lines)",
     "    b\n    ^"},
    {"a\nfor i in b: c", unsupported,
     "a second line begins here: statements are not available in this version, one expression is expected (inside "
     "parentheses it may take several lines)",
     "for i in b: c\n^~~"},
    {"del a", syntax, "'del' is a keyword of Python that array expressions do not have", "del a\n^~~"},
    {"a while b", unsupported,
     "'while' belongs to a statement: statements are not available in this version, one expression is expected",
     "a while b\n  ^~~~~"},
    {"break", unsupported,
     "'break' begins a statement: statements are not available in this version, one expression is expected",
     "break\n^~~~~"},
    {"(a = 1)", unsupported,
     "'=' assigns: statements are not available in this version, one expression is expected (a comparison is written "
     "'==')",
     "(a = 1)\n   ^"},
    // numbers
    {"1__0", syntax, "invalid number '1__0': an underscore must stand between two digits", "1__0\n^~~~"},
    {"1_", syntax, "invalid number '1_': an underscore must stand between two digits", "1_\n^~"},
    {"1_.5", syntax, "invalid number '1_': an underscore must stand between two digits", "1_.5\n^~"},
    {"012 + a", syntax,
     "invalid number '012': leading zeros are not allowed in a decimal integer (octal is written 0o…)", "012 + a\n^~~"},
    {"0x", syntax, "invalid number '0x': hexadecimal digits are expected after '0x'", "0x\n^~"},
    {"0xg", syntax, "invalid number '0xg': hexadecimal digits are expected after '0x'", "0xg\n^~~"},
    {"0o8", syntax, "invalid number '0o8': '8' is not an octal digit", "0o8\n^~~"},
    {"0b12", syntax, "invalid number '0b12': '2' is not a binary digit", "0b12\n^~~~"},
    {"0x1__2", syntax, "invalid number '0x1__2': an underscore must stand between two digits", "0x1__2\n^~~~~~"},
    {"1e", syntax, "invalid number '1e': digits are expected in the exponent", "1e\n^~"},
    {"1e+", syntax, "invalid number '1e+': digits are expected in the exponent", "1e+\n^~~"},
    {"5abc", syntax, "invalid number '5abc': 'abc' cannot follow a number (a product needs '*')", "5abc\n^~~~"},
    {"2a + b", syntax, "invalid number '2a': 'a' cannot follow a number (a product needs '*')", "2a + b\n^~"},
    {"1jj", syntax, "invalid number '1jj': 'j' cannot follow a number (a product needs '*')", "1jj\n^~~"},
    {"1.5.2", syntax,
     "expected an operator or the end of the expression, found the number '.2': is an operator or ',' missing before "
     "it?",
     "1.5.2\n   ^~"},
    {"1.real", syntax, "invalid number '1.real': 'real' cannot follow a number (a product needs '*')",
     "1.real\n^~~~~~"},
    {"0x1.8", syntax,
     "expected an operator or the end of the expression, found the number '.8': is an operator or ',' missing before "
     "it?",
     "0x1.8\n   ^~"},
    // strings
    {"'abc", syntax, "this string is never closed: ' is missing", "'abc\n^"},
    {"\"abc' + d", syntax, "this string is never closed: \" is missing", "\"abc' + d\n^"},
    {"'''abc", syntax, "this string is never closed: ''' is missing", "'''abc\n^~~"},
    {"f'a'", syntax, "f-strings are not available", "f'a'\n^~"},
    {"b'a'", unsupported, "byte strings are not available in this version", "b'a'\n^~"},
    {"'\\x4'", syntax, "the escape '\\x' needs 2 hexadecimal digits", "'\\x4'\n ^~~"},
    {"'\\ud800'", syntax, "the escape is not a Unicode character", "'\\ud800'\n ^~~~~~"},
    {"'\\N{DASH}'", syntax, "characters by name (\\N{…}) are not available in strings", "'\\N{DASH}'\n ^~"},
    // characters
    {"a $ b", syntax, "unexpected character '$' (U+0024)", "a $ b\n  ^"},
    {"a ` b", syntax, "unexpected character '`' (U+0060)", "a ` b\n  ^"},
    {"a − b", syntax, "unexpected character '−' (U+2212): write - instead", "a − b\n  ^"},
    {"a × b", syntax, "unexpected character '×' (U+00D7): write * instead", "a × b\n  ^"},
    {"“a”", syntax, "unexpected character '“' (U+201C): write \" instead", "“a”\n^"},
    {"a²", syntax, "unexpected character '²' (U+00B2): write **2 instead", "a²\n ^"},
    {"a\u00a0+ b", syntax, "unexpected character U+00A0: write an ordinary space", "a + b\n ^"},
    {"a\u200b + b", syntax, "unexpected character U+200B: it is invisible, delete it", "a� + b\n ^"},
    {"a ≥ b", syntax, "unexpected character '≥' (U+2265): write >= instead", "a ≥ b\n  ^"},
    {"（a）", syntax, "unexpected character '（' (U+FF08): write ( instead", "（a）\n^~"},
    {"µ + 1", syntax, "unexpected character 'µ' (U+00B5): write μ (U+03BC) instead", "µ + 1\n^"},
    {"😀", syntax, "unexpected character '😀' (U+1F600)", "😀\n^~"},
    {"a + ∞", syntax, "unexpected character '∞' (U+221E): write inf instead", "a + ∞\n    ^"},
    {"a·b", syntax, "unexpected character '·' (U+00B7): write * instead", "a·b\n ^"},
    {"a \007 b", syntax, "unexpected character U+0007", "a � b\n  ^"},
    {"a \\ b", syntax, "'\\' continues a line: only a line end may follow it", "a \\ b\n  ^"},
    {"a \\", syntax, "'\\' continues a line, and the text ends here", "a \\\n  ^"},
    // indentation
    {"a\n  b\n c", unsupported,
     "a second line begins here: statements are not available in this version, one expression is expected (inside "
     "parentheses it may take several lines)",
     "  b\n  ^"},
    {"  a\n b", syntax, "this indentation matches no outer line", " b\n^"},
    {"        a\n\tb", syntax, "tabs and spaces are mixed so that the indentation depends on the width of a tab",
     "\tb\n^"},
};

void check_reject(const Reject& reject, const Limits& limits = {}) {
  CAPTURE(reject.text);
  try {
    parse(reject.text, limits);
  } catch (const Error& error) {
    CHECK(error.code() == reject.code);
    CHECK(error.message() == reject.message);
    CHECK((error.span() == Span{} ? "" : caret_picture(reject.text, error.span())) == reject.picture);
    return;
  }
  FAIL_CHECK("the text is accepted");
}

}  // namespace

TEST_CASE("malformed texts give their message and picture") {
  for (const Reject& reject : rejects) check_reject(reject);
}

TEST_CASE("texts beyond a limit give their message and picture") {
  const Limits limits = {.text_bytes = 20, .depth = 3, .nodes = 6};
  check_reject({"a + b + c + d + e + f", ErrorCode::limit, "the text has 21 bytes, and 20 are allowed",
                "a + b + c + d + e + f\n                   ^"},
               limits);
  check_reject({"f((-(a)))", ErrorCode::limit, "the expression is nested more than 3 levels deep", "f((-(a)))\n    ^"},
               limits);
  check_reject(
      {"a + b + c + d", ErrorCode::limit, "the expression has more than 6 nodes", "a + b + c + d\n          ^"},
      limits);
}

TEST_CASE("bytes that are not UTF-8 give their message and picture") {
  check_reject({"a + \xff", syntax, "byte 0xFF is not valid UTF-8 here", "a + \uFFFD\n    ^"});
}

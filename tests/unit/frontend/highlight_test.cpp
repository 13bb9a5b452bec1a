#include "frontend/highlight.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fuseval::frontend;

namespace {

/// Every token with a letter for its kind, in the order of the enumeration: "x:n", "(:b".
std::string shown(std::string_view text, const std::unordered_set<std::string>& bound = {}) {
  constexpr std::string_view letters[] = {"number",    "string",      "name",    "function", "method",  "attribute",
                                          "parameter", "constant",    "dtype",   "module",   "keyword", "op",
                                          "bracket",   "punctuation", "comment", "error"};
  std::string joined;
  for (const Highlight& token : highlight(text, bound)) {
    joined += joined.empty() ? "" : " ";
    joined += text.substr(token.span.begin, token.span.end - token.span.begin);
    joined += std::string(":").append(letters[static_cast<size_t>(token.kind)]);
  }
  return joined;
}

}  // namespace

TEST_CASE("tokens of a text and their kinds") {
  CHECK(shown("") == "");
  CHECK(shown(" \t\r\n\f ") == "");
  CHECK(shown("2*sin(x) # note\n") == "2:number *:op sin:function (:bracket x:name ):bracket # note:comment");
  CHECK(shown("0x1F+.5e3-2j") == "0x1F:number +:op .5e3:number -:op 2j:number");
  CHECK(shown("a if not b else True") == "a:name if:keyword not:keyword b:name else:keyword True:constant");
  CHECK(shown("a[..., None, ::2]") ==
        "a:name [:bracket ...:punctuation ,:punctuation None:constant ,:punctuation ::punctuation ::punctuation "
        "2:number ]:bracket");
  CHECK(shown("float32(a).astype('int8')") ==
        "float32:dtype (:bracket a:name ):bracket .:punctuation astype:method (:bracket 'int8':string ):bracket");
  CHECK(shown("r'\\d' '''a\nb'''") == "r'\\d':string '''a\nb''':string");
  CHECK(shown("x \\\n+ 1") == "x:name \\:punctuation +:op 1:number");
  CHECK(shown("import e") == "import:keyword e:constant");
}

TEST_CASE("names behind a dot") {
  CHECK(shown("a.T") == "a:name .:punctuation T:attribute");
  CHECK(shown("a.sum") == "a:name .:punctuation sum:method");
  CHECK(shown("a.pi") == "a:name .:punctuation pi:name");
  CHECK(shown("np.pi") == "np:module .:punctuation pi:constant");
  CHECK(shown("np . sin(a).T") ==
        "np:module .:punctuation sin:function (:bracket a:name ):bracket .:punctuation T:attribute");
  CHECK(shown("numpy.linalg.norm") == "numpy:module .:punctuation linalg:module .:punctuation norm:function");
  CHECK(shown("np.np.T") == "np:module .:punctuation np:name .:punctuation T:attribute");
  CHECK(shown("(np\n# note\n.int8)") == "(:bracket np:module # note:comment .:punctuation int8:dtype ):bracket");
}

TEST_CASE("a name in front of = is a parameter where an argument begins") {
  CHECK(shown("sum(a, axis=0)") ==
        "sum:function (:bracket a:name ,:punctuation axis:parameter =:op 0:number ):bracket");
  CHECK(shown("f(e=e") == "f:name (:bracket e:parameter =:op e:constant");
  CHECK(shown("e = 3") == "e:constant =:op 3:number");
  CHECK(shown("(e == e") == "(:bracket e:constant ==:op e:constant");
  CHECK(shown("(1), e=2") == "(:bracket 1:number ):bracket ,:punctuation e:constant =:op 2:number");
}

TEST_CASE("bound names are names, but where a function or dtype is called") {
  CHECK(shown("e + sum", {"e", "sum"}) == "e:name +:op sum:name");
  CHECK(shown("sum + e") == "sum:function +:op e:constant");
  CHECK(shown("sum(e) int8(e)", {"sum", "int8", "e"}) ==
        "sum:function (:bracket e:name ):bracket int8:dtype (:bracket e:name ):bracket");
  CHECK(shown("pi(e) int8", {"pi", "int8"}) == "pi:name (:bracket e:constant ):bracket int8:name");
  CHECK(shown("np.T + sum \\\n(np)", {"np", "sum"}) ==
        "np:name .:punctuation T:attribute +:op sum:function \\:punctuation (:bracket np:name ):bracket");
  // The long s and the letters of mathematics are compared as Python compares them.
  CHECK(shown("\u017fin(\U0001d452)") == "\u017fin:function (:bracket \U0001d452:constant ):bracket");
  CHECK(shown("\U0001d452", {"e"}) == "\U0001d452:name");
}

TEST_CASE("behind what is no token the others follow") {
  CHECK(shown("a $ b") == "a:name $:error b:name");
  CHECK(shown("5abc+1") == "5abc:error +:op 1:number");
  CHECK(shown("1e+ x") == "1e+:error x:name");
  CHECK(shown("a && b ?c") == "a:name &&:error b:name ?:error c:name");
  CHECK(shown("a \u00d7 b\ufeff") == "a:name \u00d7:error b:name \ufeff:error");
  CHECK(shown("x \\ y\\") == "x:name \\:error y:name \\:error");
  CHECK(shown("f'a b' + b\"c\"") == "f'a b':error +:op b\"c\":error");
  CHECK(shown(std::string_view("a\0b", 3)) == std::string("a:name \0:error b:name", 21));
}

TEST_CASE("a string that is not closed is an error to the end of its line, or of the text") {
  CHECK(shown("a + 'b c\n + 1") == "a:name +:op 'b c:error +:op 1:number");
  CHECK(shown("'") == "':error");
  CHECK(shown("x '\\") == "x:name '\\:error");
  CHECK(shown("'''a\n b") == "'''a\n b:error");
  CHECK(shown("rf'a b\n1") == "rf'a b:error 1:number");
}

TEST_CASE("brackets need not match") {
  CHECK(shown("sin(a))[") == "sin:function (:bracket a:name ):bracket ):bracket [:bracket");
  CHECK(shown("(]}") == "(:bracket ]:bracket }:bracket");
}

TEST_CASE("bytes that are not UTF-8 are errors") {
  CHECK(shown("a\xff\xfe + b") == "a:name \xff\xfe:error +:op b:name");
  CHECK(shown("'a\xff' + 1") == "'a\xff':error +:op 1:number");
  CHECK(shown("1 # \xc3\n2") == "1:number # \xc3:error 2:number");
  CHECK(shown("\xc3") == "\xc3:error");
}

TEST_CASE("time is linear also where many tokens are wrong") {
  std::string text;
  for (int k = 0; k < 100'000; ++k) text += k % 2 == 0 ? "\"\"\" '''\n\\" : "' \\\"\"\"\n";
  CHECK(highlight(text).size() > 1);
  std::string lines;
  for (int k = 0; k < 30'000; ++k) lines += "'x\n";
  CHECK(highlight(lines).size() == 30'000);
}

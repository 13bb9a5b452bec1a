// Mutated texts: the parser answers with a tree or with an error that has a place, and the picture of it can be drawn.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "frontend/ast.hpp"
#include "frontend/diagnostic.hpp"

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

const std::vector<std::string> seeds = {
    "a + b*c**-2 - d//e % f @ g",
    "where(a > 0, sqrt(a), -a).sum(axis=(0, -1), keepdims=True)",
    "u[2:,1:-1] + u[:-2,1:-1] + u[1:-1,::2] - 4*u[..., None, (0, 1)]",
    "x if not 0 < a <= 1e-3 and b or c else [2j, 0x1F, 1_000, .5]",
    "(a & ~b | c ^ d) << 2 >> 'str\\x41\\n' r\"raw\" '''three\nlines'''",
    "\n  # note\n  a, \\\n b.T.real, np.sin(\u03b1\u03b2)\n",
    "for i in range(10):\n\ta[i] += 1\n\tif i: break\nreturn a",
    "((((((((((-(-(-(2**2**2**a))))))))))))",
};

const std::vector<std::string> pieces = {
    "(",     ")",        "[",    "]",    "{",      "}",      ",",      ":",      "=",
    "==",    ":=",       ";",    ".",    "...",    "+",      "-",      "**",     "//",
    "~",     "!",        "&&",   "<>",   "\\",     "\n",     "\r\n",   "\t",     "#",
    "'",     "\"",       "'''",  "0x",   "1e",     "1_",     "\\u",    " if ",   " else ",
    " not ", " lambda ", "\xc3", "\xff", "\u201c", "\u2212", "\u5909", "\u202e", std::string(1, '\0')};

std::string mutated(std::string text, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  for (size_t k = below(6); k-- > 0;) {
    const size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        text.insert(at, pieces[below(pieces.size())]);
        break;
      case 1:
        text.erase(at, below(8));
        break;
      case 2:
        text.insert(at, seeds[below(seeds.size())].substr(below(20), below(20)));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size() + 1), below(30)));
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
    }
  }
  return text;
}

/// Whether the answer is as it must be; says why not.
std::string fault(const std::string& text) {
  try {
    const Ast ast = parse(text);
    if (ast.root >= ast.exprs.size()) return "the root is no node";
    for (ExprId id = 0; id < ast.exprs.size(); ++id) {
      const Expr& expr = ast[id];
      if (expr.span.begin > expr.span.end || expr.span.end > text.size()) return "a node's span is outside the text";
      if (expr.op_span.begin < expr.span.begin || expr.op_span.end > expr.span.end)
        return "an operator is outside its node";
      for (uint32_t k = 0; k < expr.child_count; ++k) {
        if (ast.child(expr, k) >= id) return "a child comes after its parent";
      }
    }
    if (print(ast).empty()) return "nothing is printed";
  } catch (const Error& error) {
    if (error.message().empty()) return "no message";
    if (error.span().begin > error.span().end || error.span().end > text.size()) return "the span is outside the text";
    if (render(text, error).empty()) return "no picture";
  }
  return "";
}

}  // namespace

TEST_CASE("mutated texts never do worse than an error with a place") {
  // FUSEVAL_FUZZ=count or count:seed runs more of them, or other ones.
  uint64_t count = 20'000;
  uint64_t seed = 20261121;
  if (const char* wish = std::getenv("FUSEVAL_FUZZ")) {
    char* end = nullptr;
    count = std::strtoull(wish, &end, 10);
    if (*end == ':') seed = std::strtoull(end + 1, nullptr, 10);
  }
  MESSAGE("seed ", seed, ", texts ", count);
  std::mt19937_64 random(seed);
  for (uint64_t k = 0; k < count; ++k) {
    const std::string text = mutated(seeds[random() % seeds.size()], random);
    const std::string what = fault(text);
    if (what.empty()) continue;
    CAPTURE(k);
    CAPTURE(text);
    FAIL_CHECK(what);
  }
}

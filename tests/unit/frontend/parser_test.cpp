#include <doctest/doctest.h>

#include "sexpr.hpp"

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

std::string repeated(std::string_view text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t k = 0; k < count; ++k) result += text;
  return result;
}

ErrorCode code_of(std::string_view text, const Limits& limits = {}) {
  try {
    parse(text, limits);
  } catch (const Error& error) {
    CHECK(error.span().begin < error.span().end);
    CHECK(error.span().end <= text.size());
    return error.code();
  }
  return ErrorCode::none;
}

std::string source_of(const Ast& ast, Span span) { return ast.source.substr(span.begin, span.end - span.begin); }

}  // namespace

TEST_CASE("names are in the form in which Python compares them") {
  CHECK(parse("e\u0301 + \uff41.\uff53\uff55\uff4d(\u00b5=1)").texts ==
        std::vector<std::string>{"\u00e9", "a", "sum", "\u03bc", "1"});
  CHECK_THROWS_WITH(parse("f(\u00e9=1, e\u0301=2)"), "the keyword argument 'e\u0301' is repeated");
}

TEST_CASE("precedence is Python's") {
  CHECK(sexpr("-a**-b") == "(- (** a (- b)))");
  CHECK(sexpr("2**3**2") == "(** 2 (** 3 2))");
  CHECK(sexpr("a**b.T[0](x)") == "(** a (call ([] (. b T) 0) x))");
  CHECK(sexpr("not a == b") == "(not (compare a == b))");
  CHECK(sexpr("not not a and b") == "(and (not (not a)) b)");
  CHECK(sexpr("a & b == c") == "(compare (& a b) == c)");
  CHECK(sexpr("a | b ^ c & d << e + f * -g") == "(| a (^ b (& c (<< d (+ e (* f (- g)))))))");
  CHECK(sexpr("a - b - c") == "(- (- a b) c)");
  CHECK(sexpr("a / b * c // d % e @ f") == "(@ (% (// (* (/ a b) c) d) e) f)");
  CHECK(sexpr("~a ** b") == "(~ (** a b))");
  CHECK(sexpr("a if b or c else d if e else f") == "(if a (or b c) (if d e f))");
}

TEST_CASE("chains are one node") {
  CHECK(sexpr("a < b <= c != d") == "(compare a < b <= c != d)");
  CHECK(sexpr("(a < b) < c") == "(compare (compare a < b) < c)");
  CHECK(sexpr("a and b and c or d or e") == "(or (and a b c) d e)");
  CHECK(sexpr("(a and b) and c") == "(and (and a b) c)");
}

TEST_CASE("tuples, lists and calls") {
  CHECK(sexpr("()") == "(,)");
  CHECK(sexpr("(a)") == "a");
  CHECK(sexpr("a,") == "(, a)");
  CHECK(sexpr("a + b, sum(a)") == "(, (+ a b) (call sum a))");
  CHECK(sexpr("[a, [b], ]") == "(list a (list b))");
  CHECK(sexpr("f()") == "(call f)");
  CHECK(sexpr("sum(a, axis=(0, 1), keepdims=True,)") == "(call sum a (axis= (, 0 1)) (keepdims= True))");
  CHECK(sexpr("f(a == b)") == "(call f (compare a == b))");
}

TEST_CASE("subscripts") {
  CHECK(sexpr("a[1:, ::-2, ..., None, newaxis]") == "([] a (: 1 _ _) (: _ _ (- 2)) ... None newaxis)");
  CHECK(sexpr("a[:]") == "([] a (: _ _ _))");
  CHECK(sexpr("a[b:c:d]") == "([] a (: b c d))");
  CHECK(sexpr("a[b,]") == "([] a b)");
  CHECK(sexpr("a[(b, c)]") == "([] a b c)");
  CHECK(sexpr("a[(b, c), d]") == "([] a (, b c) d)");
  CHECK(sexpr("a[(b, c),]") == "([] a (, b c))");
  CHECK(sexpr("a[()]") == "([] a)");
  CHECK(sexpr("a[[0, 1]]") == "([] a (list 0 1))");
}

TEST_CASE("blank lines, comments and line ends") {
  CHECK(sexpr("\n\n  # what it is\n  a +  b # sum\n\n  # end\n") == "(+ a b)");
  CHECK(sexpr("(a\n\n  # note\n + b)") == "(+ a b)");
  CHECK(sexpr("a \\\r\n + b\r\n") == "(+ a b)");
}

TEST_CASE("spans cover what was written, and operators are marked") {
  const Ast ast = parse("2 * (a + b).sum(axis=0)[1:]");
  const Expr& product = ast[ast.root];
  CHECK(source_of(ast, product.span) == "2 * (a + b).sum(axis=0)[1:]");
  CHECK(source_of(ast, product.op_span) == "*");
  const Expr& subscript = ast[ast.child(product, 1)];
  CHECK(source_of(ast, subscript.span) == "(a + b).sum(axis=0)[1:]");
  CHECK(source_of(ast, subscript.op_span) == "[");
  CHECK(source_of(ast, ast[ast.child(subscript, 1)].span) == "1:");
  const Expr& call = ast[ast.child(subscript, 0)];
  CHECK(source_of(ast, call.span) == "(a + b).sum(axis=0)");
  CHECK(source_of(ast, ast[ast.child(call, 1)].span) == "axis=0");
  const Expr& method = ast[ast.child(call, 0)];
  CHECK(source_of(ast, method.op_span) == "sum");
  CHECK(source_of(ast, ast[ast.child(method, 0)].span) == "a + b");
}

TEST_CASE("children come before parents, and every node but the root has one parent") {
  const Ast ast = parse("f(a, k=b)[c:, (d, e), ()] + (-g if h < i < j else [l, m.n]) and not 'o', a[(p, q)]");
  std::vector<int> parents(ast.exprs.size());
  for (ExprId id = 0; id < ast.exprs.size(); ++id) {
    for (uint32_t k = 0; k < ast[id].child_count; ++k) {
      CHECK(ast.child(ast[id], k) < id);
      ++parents[ast.child(ast[id], k)];
    }
  }
  CHECK(ast.root == ast.exprs.size() - 1);
  for (ExprId id = 0; id < ast.root; ++id) CHECK(parents[id] == 1);
  CHECK(parents[ast.root] == 0);
}

TEST_CASE("chains of one level are no depth") {
  const Ast sum = parse("a" + repeated(" + a", 4'999));
  CHECK(sum.exprs.size() == 9'999);
  CHECK(code_of("a" + repeated(" and a", 20'000)) == ErrorCode::none);
  CHECK(code_of("a" + repeated(" < a", 20'000)) == ErrorCode::none);
  CHECK(code_of("a" + repeated(".T", 20'000)) == ErrorCode::none);
  CHECK(code_of("a" + repeated("[0]", 20'000)) == ErrorCode::none);
  CHECK(code_of("a" + repeated("(b)", 20'000)) == ErrorCode::none);
  CHECK(code_of("a" + repeated(", a", 20'000)) == ErrorCode::none);
}

TEST_CASE("the depth limit counts brackets, unary operators, powers and conditionals, and nothing else") {
  struct Nest {
    const char* open;
    const char* close;
  };
  const Nest nests[] = {{"(", ")"},   {"[", "]"},  {"f(", ")"},   {"a[", "]"},          {"-", ""},
                        {"not ", ""}, {"b**", ""}, {"f(k=", ")"}, {"x if y else ", ""}, {"1 + 2*(", ")"}};
  for (const Nest& nest : nests) {
    CAPTURE(nest.open);
    const auto text = [&](size_t depth) { return repeated(nest.open, depth) + "a" + repeated(nest.close, depth); };
    CHECK(code_of(text(200)) == ErrorCode::none);
    CHECK(code_of(text(201)) == ErrorCode::limit);
    CHECK(code_of(text(3), {.depth = 3}) == ErrorCode::none);
    CHECK(code_of(text(4), {.depth = 3}) == ErrorCode::limit);
    CHECK(code_of(text(10'000)) == ErrorCode::limit);
    CHECK(code_of(text(10'000), {.depth = 1'000'000}) == ErrorCode::limit);  // what the stack holds
    CHECK(code_of(repeated(nest.open, 10'000)) == ErrorCode::limit);
  }
}

TEST_CASE("depth is given back") { CHECK(code_of(repeated("(a) + -a + b**c + ", 1'000) + "a") == ErrorCode::none); }

TEST_CASE("the text limit") {
  CHECK(code_of("a + b", {.text_bytes = 5}) == ErrorCode::none);
  CHECK(code_of("a + b ", {.text_bytes = 5}) == ErrorCode::limit);
  CHECK(code_of(std::string((1 << 20) + 1, ' ')) == ErrorCode::limit);
}

TEST_CASE("the node limit") {
  CHECK(code_of("a + b", {.nodes = 3}) == ErrorCode::none);
  CHECK(code_of("a + b", {.nodes = 2}) == ErrorCode::limit);
  CHECK(code_of(repeated("+1", 1 << 19)) == ErrorCode::limit);
}

TEST_CASE("a text of a megabyte takes linear time") {
  const Limits limits = {.nodes = 4'000'000};
  CHECK(parse("1" + repeated("+1", (1 << 19) - 1), limits).exprs.size() == (1 << 20) - 1);
  CHECK(code_of("f(" + repeated("a,", (1 << 19) - 2) + ")", limits) == ErrorCode::none);
  CHECK(code_of(std::string(1 << 20, 'a'), limits) == ErrorCode::none);
  CHECK(code_of(std::string(1 << 20, '9'), limits) == ErrorCode::none);
  CHECK(code_of(repeated("'' ", 300'000), limits) == ErrorCode::none);
  CHECK(code_of("a" + std::string((1 << 20) - 1, '\n'), limits) == ErrorCode::none);
  CHECK(code_of(std::string(1 << 20, '('), limits) == ErrorCode::limit);
  CHECK(code_of("'" + std::string((1 << 20) - 1, 'a'), limits) == ErrorCode::syntax);
  std::string keywords = "f(";
  for (int k = 0; k < 50'000; ++k) keywords += "k" + std::to_string(k) + "=1,";
  CHECK(code_of(keywords + ")", limits) == ErrorCode::none);
}

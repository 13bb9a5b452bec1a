// What graph a text becomes, where NumPy's arithmetic leaves only one right way.
#include <doctest/doctest.h>

#include <algorithm>

#include "frontend/functions.hpp"
#include "tests/unit/frontend/bind_fixture.hpp"

using namespace fuseval;
using namespace fuseval::frontend;
using namespace fuseval::frontend::testing;

TEST_CASE("powers") {
  CHECK(formula("a**2") == "square(in0)");
  CHECK(formula("b**2.0") == "square(in1)");
  CHECK(formula("a**0.5") == "sqrt(in0)");
  CHECK(formula("i**0.5") == "sqrt(float64(in2))");
  CHECK(formula("a**-1") == "reciprocal(in0)");
  CHECK(formula("a**3") == "multiply(multiply(in0, in0), in0)");
  CHECK(formula("a**4") == "multiply(multiply(in0, in0), multiply(in0, in0))");
  CHECK(formula("a**5") == "power(in0, 5.)");
  CHECK(formula("a**-2") == "power(in0, -2.)");
  CHECK(formula("a**b") == "power(in0, float64(in1))");
  CHECK(formula("m**2") == "square(int8(in4))");
  CHECK(formula("power(m, 2)") == "square(int64(in4))");
  CHECK(formula("I**1") == "in9");
}

TEST_CASE("comparisons are exact") {
  CHECK(formula("I < U") == "logical_or(less(in9, 0), less(uint64(in9), in10))");
  CHECK(formula("U < I") == "logical_and(logical_not(less(in9, 0)), greater(uint64(in9), in10))");
  CHECK(formula("I == U") == "logical_and(logical_not(less(in9, 0)), equal(uint64(in9), in10))");
  CHECK(formula("I != U") == "logical_or(less(in9, 0), not_equal(uint64(in9), in10))");
  CHECK(formula("u == 300") == "0");
  CHECK(formula("u < 300") == "1");
  CHECK(formula("-1 < u") == "1");
  CHECK(formula("u > 255") == "greater(in3, 255)");
  CHECK(formula("0 < a <= 1") == "logical_and(greater(in0, 0.), less_equal(in0, 1.))");
}

TEST_CASE("logic is elementwise and gives bool") {
  CHECK(formula("a and i") == "logical_and(not_equal(in0, 0.), not_equal(in2, 0))");
  CHECK(formula("not m") == "logical_not(in4)");
  CHECK(formula("a if m else u") == "where(in4, in0, float64(in3))");
  CHECK(formula("u if m else -1") == "where(in4, in3, 255)");
}

TEST_CASE("reductions are composed from the graph's own") {
  CHECK(formula("sum(u)") == "sum(uint64(in3))");
  CHECK(formula("mean(i)") == "divide(sum(float64(in2)), 6.)");
  CHECK(formula("var(a, ddof=1)") == "divide(moment2(in0), 5.)");
  CHECK(formula("std(b)") == "sqrt(divide(moment2(in1), 3.000000f))");
  CHECK(formula("sum(a, where=m)") == "add(sum(where(in4, in0, -0.)), 0.)");
  CHECK(formula("prod(a, where=m)") == "prod(where(in4, in0, 1.))");
  CHECK(formula("max(m)") == "any(in4)");
  CHECK(formula("argmax(m)") == "argmax(uint8(in4))");
  CHECK(formula("count_nonzero(a)") == "sum(int64(not_equal(in0, 0.)))");
  CHECK(formula("dot(b, b)") == "sum(multiply(in1, in1))");
  CHECK(formula("a.sum(axis=())") == "in0");
  CHECK(formula("ptp(u)") == "subtract(max(in3), min(in3))");
}

TEST_CASE("subscripts are one affine view") {
  const auto view = [](const char* text) {
    const BoundFunction function = bound(text);
    return function.function.graph.view_of(function.function.outputs[0]);
  };
  const AffineView reversed = view("a[::-1, 1:][:, ::2]");
  CHECK(reversed.shape == Shape{2, 1});
  CHECK(reversed.offset == std::vector<int64_t>{1, 1});
  CHECK(reversed.at(0, 0) == -1);
  CHECK(view("a.T[2]").offset == std::vector<int64_t>{0, 2});
  CHECK(view("t[..., None, -1]").shape == Shape{1, 3, 1});
  CHECK(view("flip(a)").offset == std::vector<int64_t>{1, 2});
  CHECK(view("diagonal(a, 1)").offset == std::vector<int64_t>{0, 1});
}

TEST_CASE("names: bound ones shadow constants, prefixes are ignored") {
  CHECK(formula("e", {array("e", DType::int8, {2})}) == "in0");
  CHECK(formula("np.sin(numpy.pi)") == "sin(3.141593)");
  CHECK(formula("newaxis", {array("newaxis", DType::int8, {2})}) == "in0");
  CHECK(formula("a", {array("sum", DType::int8, {2}), array("a", DType::int8, {2})}) == "in1");
}

TEST_CASE("tuples are several results") {
  const BoundFunction two = bound("a + 1, sum(a)");
  CHECK(two.function.returns_tuple);
  CHECK(two.function.outputs.size() == 2);
  CHECK(bound("a,").function.returns_tuple);
  CHECK_FALSE(bound("a").function.returns_tuple);
  CHECK(bound("divmod(i, 2)").function.outputs.size() == 2);
}

TEST_CASE("every operation of the table can be called by each of its names") {
  for (const OpInfo& row : all_ops()) {
    if (row.aliases == ".") continue;
    INFO(row.name);
    CHECK(find_function(row.name) != nullptr);
  }
  CHECK(find_function("atan2")->op == Op::arctan2);
  CHECK(find_function("frexp_mantissa") == nullptr);
  const auto names = function_names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  CHECK(std::find(names.begin(), names.end(), "sinh") == names.end());
}

TEST_CASE("long sums bind without recursion, and limits are errors") {
  std::string text = "a";
  for (int k = 0; k < 5000; ++k) text += "+a";
  CHECK(bound(text).function.outputs.size() == 1);
  Limits small;
  small.nodes = 10;
  std::string sum = "a";
  for (int k = 0; k < 20; ++k) sum += "+" + std::to_string(k) + "*a";
  CHECK_THROWS_AS(frontend::bind(parse(sum), standard_inputs(), small), Error);
  small = {};
  small.operands = 1;
  CHECK_THROWS_AS(frontend::bind(parse("a+b"), standard_inputs(), small), Error);
}

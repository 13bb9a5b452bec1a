// Python scalars among themselves: Python's rules; and the promise about weak inputs whose value changes.
#include <doctest/doctest.h>

#include <cmath>

#include "frontend/weak.hpp"
#include "tests/unit/frontend/bind_fixture.hpp"

using namespace fuseval;
using namespace fuseval::frontend;
using namespace fuseval::frontend::testing;

TEST_CASE("literals fold under Python's rules") {
  const std::pair<const char*, const char*> cases[] = {
      {"2**-1", "0.5"},
      {"7//2", "3"},
      {"-7//2", "-4"},
      {"-7%3", "2"},
      {"7%-3", "-2"},
      {"True+True", "2"},
      {"True&False", "0"},
      {"5&3", "1"},
      {"~5", "-6"},
      {"1<<62", "4611686018427387904"},
      {"-1>>100", "-1"},
      {"7.5//2", "3."},
      {"-7.5%2", "0.5"},
      {"7.5%-2", "-0.5"},
      {"0/-5", "-0."},
      {"2**63-1", "9223372036854775807"},
      {"1<2<3", "1"},
      {"1<2>3", "0"},
      {"not 3", "0"},
      {"9007199254740993 == 9007199254740992.0", "0"},
      {"18014398509481985/1", "18014398509481984."},
      {"9223372036854775807/9223372036854775806 == 1.0", "1"},
      {"0/9223372036854775807", "0."},
      {"0x1F + 0b11 + 0o17 + 1_000", "1049"},
      {"-True", "-1"},
      {"+True", "1"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(formula(text) == expected);
  }
}

TEST_CASE("what Python refuses is an error") {
  for (const char* text : {"1/0", "1//0", "1%0", "1.0%0", "0**-1", "1<<-1", "2**63", "1<<200", "2**127", "~2.0",
                           "1.5&2", "(-8)**0.5", "10.0**400", "(-(2**126)-(2**126))//-1"}) {
    INFO(text);
    CHECK_THROWS_AS(bound(text), Error);
  }
}

TEST_CASE("an int is compared exactly with a float") {
  CHECK(fold_compare(Operator::less, weak_integer(9007199254740992), weak_float(9007199254740994)));
  CHECK_FALSE(fold_compare(Operator::equal, weak_integer(9007199254740993), weak_float(9007199254740992)));
  CHECK(fold_compare(Operator::not_equal, weak_integer(1), weak_float(NAN)));
  CHECK_FALSE(fold_compare(Operator::less_equal, weak_float(NAN), weak_integer(1)));
  CHECK(fold_compare(Operator::greater, weak_float(INFINITY), weak_integer(1)));
  CHECK(fold_compare(Operator::less, weak_integer(-1), weak_float(-0.5)));
}

TEST_CASE("float arithmetic on weak inputs stays in the graph") {
  CHECK(formula("(x*2+1)*a") == "multiply(add(multiply(in12, 2.), 1.), in0)");
  CHECK(formula("(-x)*b") == "multiply(float32(negative(in12)), in1)");
  CHECK(formula("not x") == "logical_not(not_equal(in12, 0.))");
  CHECK(formula("k*a") == "multiply(float64(in11), in0)");
  CHECK(formula("k*b") == "multiply(float32(float64(in11)), in1)");
  CHECK(formula("k*I") == "multiply(in11, in9)");
  CHECK(formula("k < u") == "greater(int64(in3), in11)");
  for (const char* text : {"(x*2+1)*a", "k*a", "k*I", "x < 1", "q*a", "k < u"})
    CHECK_MESSAGE(bound(text).scalars.is_empty(), text);
}

TEST_CASE(
    "what the graph does not compute from weak inputs is an input of its own, of the dtype that it is needed in") {
  const std::pair<const char*, const char*> cases[] = {{"(k+1)*a", "multiply(in14, in0)"},
                                                       {"(k+1)*a + (k+1)", "add(multiply(in14, in0), in14)"},
                                                       {"u*k", "multiply(in3, in14)"},
                                                       {"(k/2)*a", "multiply(in14, in0)"},
                                                       {"x**2", "in14"},
                                                       {"k*x*a", "multiply(in14, in0)"},
                                                       {"I << (k >> 1)", "left_shift(in9, in14)"},
                                                       {"where(m, k+1, i)", "where(in4, in14, in2)"},
                                                       {"int8(x)", "in14"},
                                                       {"a*(k > 3)", "multiply(in0, in14)"},
                                                       {"i > k+1", "greater(in2, in14)"}};
  for (const auto& [text, expected] : cases) CHECK_MESSAGE(formula(text) == expected, text);
  const auto dtypes = [](const char* text) { return bound(text).scalars.elements(); };
  CHECK(dtypes("u*(k+1) + b*(k+1)") == std::vector{DType::uint8, DType::float32});
  CHECK(dtypes("a*(k > 3)") == std::vector{DType::float64});
}

TEST_CASE("what shapes, axes and indices depend on is fixed, and so is the form of a power") {
  const std::pair<const char*, const char*> cases[] = {
      {"sum(a, axis=k-2)", "=1"},   {"a[:, k-2]", "=1"},
      {"reshape(a, (k, 2))", "=3"}, {"a**k", "cube"},
      {"a**x", "general"},          {"a**(x-0.5)", "square"},
      {"a**(x-2)", "root"},         {"i**k", "general"},
      {"m**(k-1)", "1 square"},     {"norm(a, x, axis=0)", "0 0 0 0 0 general"}};
  for (const auto& [text, expected] : cases) CHECK_MESSAGE(bound(text).scalars.requirements() == expected, text);
  CHECK(formula("a**k") == "multiply(multiply(in0, in0), in0)");
  CHECK(formula("a**x") == "power(in0, in12)");
  CHECK(formula("i**k") == "power(in2, in14)");
}

TEST_CASE("errors that depend on values are checks") {
  const auto check = [](const char* text) {
    const BoundFunction function = bound(text);
    REQUIRE(function.value_checks.size() == 1);
    const ValueCheck& check = function.value_checks[0];
    CHECK(function.function.graph.shape(check.node).empty());
    return formula(function.function.graph, check.node) + ": " + check.message;
  };
  CHECK(check("i**i") == "any(less(in2, 0)): Integers to negative integer powers are not allowed.");
  CHECK(check("2**I") == "any(less(in9, 0)): Integers to negative integer powers are not allowed.");
  CHECK(bound("u**u").value_checks.empty());
  CHECK(bound("a**i").value_checks.empty());
  CHECK(bound("i**2").value_checks.empty());
}

TEST_CASE("only the inputs that the text names are used") {
  CHECK(bound("x*a").used_slots == std::vector<uint32_t>{12, 0});
  CHECK(bound("x*a").skipped_slots.empty());
  CHECK(bound("pi").used_slots.empty());
}

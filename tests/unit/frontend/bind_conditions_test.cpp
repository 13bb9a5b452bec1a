// Conditions on Python's scalars: only what Python evaluates is bound, and a graph is for the outcomes.
#include <doctest/doctest.h>

#include <cmath>

#include "tests/unit/frontend/bind_fixture.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::frontend;
using namespace fuseval::frontend::testing;

namespace {

/// Whether a graph that was bound for the standard k, x and q serves these as well.
bool serves(std::string_view text, int64_t k, double x = 2.5, bool q = true) {
  const BoundFunction function = bound(text);
  const uint64_t bits[] = {static_cast<uint64_t>(k), std::bit_cast<uint64_t>(x), q};
  std::vector<uint64_t> elements(function.scalars.elements().size());
  return function.scalars.run([&](uint32_t slot) { return bits[slot - 11]; }, elements.data());
}

}  // namespace

TEST_CASE("only the chosen branch is bound, and is the value as it is") {
  const std::pair<const char*, const char*> cases[] = {
      {"1 if True else 2.5", "1"},
      {"x if 0 else b", "in1"},
      {"b if 0.0 else x", "in12"},
      {"max(z) if z.size else 0.0", "0."},
      {"b[:, 0] if b.ndim > 1 else b", "in1"},
      {"sum(a, axis=None if k > 2 else 0)", "sum(in0)"},
      {"nosuch + 1 if False else a", "in0"},
      {"a if a.shape else nosuch(a)", "in0"},
      {"1/0 if None else a", "in0"},
      {"(1/0 if q and x < 2 else i) if k > 2 else 1/0", "in2"},
      {"a if 1 else b if 1/0 else i", "in0"},
  };
  for (const auto& [text, expected] : cases) CHECK_MESSAGE(formula(text) == expected, text);
}

TEST_CASE("and, or and not give what Python gives") {
  const std::pair<const char*, const char*> cases[] = {
      {"2 and 3", "3"},
      {"0 and 1/0", "0"},
      {"0.0 and 1/0", "0."},
      {"2 or 1/0", "2"},
      {"0 or 3.5", "3.5"},
      {"True or 1/0", "1"},
      {"a*(k or 1)", "multiply(in0, float64(in11))"},
      {"(k-3 or 1)*a", "multiply(1., in0)"},
      {"3 and b", "in1"},
      {"0 or b", "in1"},
      {"not None", "1"},
      {"not (1, 2)", "0"},
      {"not 0.5", "0"},
      {"1 < 2 < 1/0 if 0 else 5", "5"},
      {"1 > 2 < 1/0", "0"},
      {"1 < 2 < b", "greater(in1, 2.000000f)"},
      {"2 < 1 < b", "0"},
      {"m and 2 and a", "logical_and(logical_and(in4, not_equal(2, 0)), not_equal(in0, 0.))"},
      {"2 and m and 0", "logical_and(in4, not_equal(0, 0))"},
  };
  for (const auto& [text, expected] : cases) CHECK_MESSAGE(formula(text) == expected, text);
}

TEST_CASE("a graph is for the outcome of a condition, not for the value that led to it") {
  CHECK(serves("a/x if x != 0 else a", 3, 7.25));
  CHECK_FALSE(serves("a/x if x != 0 else a", 3, 0.0));
  CHECK(serves("a*(k or 1)", -100));
  CHECK_FALSE(serves("a*(k or 1)", 0));
  CHECK(serves("a if k % 2 else b", 101));
  CHECK_FALSE(serves("a if k % 2 else b", 100));
  CHECK(serves("a if 0 < x < k else b", 100, 99.0));
  CHECK_FALSE(serves("a if 0 < x < k else b", 3, 3.5));
  CHECK_FALSE(serves("a if 0 < x < k else b", 3, -1.0));
  CHECK(serves("a if not q or x > k else b", 1, 0.5));
  CHECK(serves("a[:, 1 if k > 2 else 0]", 5));
  CHECK(serves("sum(a, axis=1, keepdims=x > 2)", 0, 3.0));
  CHECK(serves("a if 2**k > 5 else b", 4));
  CHECK_FALSE(serves("a if 2**k > 5 else b", -4));
  CHECK(serves("a if -k < +k and ~k < k >> 1 else b", 5));
}

TEST_CASE("conditions are exact where float64 is not") {
  CHECK(serves("a if k == 3 else b", 3));
  const int64_t large = int64_t{1} << 53;
  CHECK(serves("a if k + 0.0 == k else b", large + 2));
  CHECK_FALSE(serves("a if k + 0.0 == k else b", large + 1));  // a tie, which rounds to 2**53
  CHECK(serves("a if k*k*k*k*k*k*k*k*k*k*k > 3 else b", 10));
  CHECK_FALSE(serves("a if x > 9007199254740992 or x < 9007199254740993 else b", 0, std::nan("")));
}

TEST_CASE("a call whose condition Python refuses is served by no graph, and binding it is the error") {
  CHECK_FALSE(serves("a if 1/x == 3 else b", 3, 0.0));
  CHECK_FALSE(serves("a if k // (k - 5) else b", 5));
  CHECK_FALSE(serves("a if 1 << k else b", -1));
  CHECK_FALSE(serves("1/x*a", 3, 0.0));
  CHECK(serves("1/x*a", 3, 1.0));
  std::vector<InputInfo> inputs = standard_inputs();
  inputs[12] = weak_input("x", 0.0);
  const Error error = thrown([&] { bound("a if 1/x == 3 else b", inputs); });
  CHECK(error.code() == ErrorCode::value);
  CHECK(error.span().begin == 5);
  CHECK(error.span().end == 8);
}

TEST_CASE("a value that the graph needs is fixed where it is needed") {
  CHECK(bound("a[:, k - 2] if k > 2 else a").scalars.requirements() == "1 =1");
  CHECK(serves("a[:, k % 3]", 6));
  CHECK_FALSE(serves("a[:, k % 3]", 7));
  CHECK(bound("a + x").scalars.is_empty());
  CHECK(bound("a + (x*2 > 1)").scalars.is_empty());
  CHECK(bound("a if a.ndim > 1 else b").scalars.is_empty());
}

TEST_CASE("a call is computed by a graph only where its numbers are elements of their dtypes") {
  CHECK(serves("u*k", 255));
  CHECK_FALSE(serves("u*k", 256));
  CHECK_FALSE(serves("u*k", -1));
  CHECK(serves("I + k*k", 3'000'000'000));
  CHECK_FALSE(serves("I + k*k", 4'000'000'000));
  CHECK(serves("a*(k*k)", INT64_MAX));
  CHECK(serves("int8(x)", 3, -128.9));
  CHECK_FALSE(serves("int8(x)", 3, 128.0));
  CHECK_FALSE(serves("int8(x)", 3, std::nan("")));
  CHECK_FALSE(serves("a*x**k", 309, 10.0));
  CHECK_FALSE(serves("(1//k, a)[1]", 0));  // not in the graph, but evaluated
  CHECK(serves("i > k+1", 1000));
  CHECK_FALSE(serves("i > k+1", int64_t{1} << 40));  // the answer is the same for all elements
}

TEST_CASE("what is skipped is not used, and is told") {
  const BoundFunction function = bound("a if x > 0 else b + i*a");
  CHECK(function.used_slots == std::vector<uint32_t>{12, 0});
  CHECK(function.skipped_slots == std::vector<uint32_t>{1, 2});
}

TEST_CASE("very long and very deep conditions are bound with no recursion") {
  std::string chain = "x", nested = "a";
  for (int k = 0; k < 30'000; ++k) chain += " or x";
  CHECK(formula(chain) == "in12");
  for (int k = 0; k < 190; ++k) nested = "(" + nested + " if x > 0 else 1/0)";
  CHECK(formula(nested) == "in0");
  std::string sum = "a if x";
  for (int k = 0; k < 20'000; ++k) sum += "+x";
  CHECK(serves(sum + " > 3 else b", 3, 1.0));
}

TEST_CASE("every name can be bound: a binding shadows, and a call finds the function") {
  const auto with = [](const char* name, const char* text) {
    std::vector<InputInfo> inputs = {array("a", DType::float64, {2, 3}), array(name, DType::float64, {2, 3})};
    return formula(text, inputs);
  };
  CHECK(with("e", "e*a") == "multiply(in1, in0)");
  CHECK(with("mean", "a - mean") == "subtract(in0, in1)");
  CHECK(with("sum", "sum(a) + sum") == "add(sum(in0), in1)");
  CHECK(with("float32", "float32(a) + float32") == "add(float64(float32(in0)), in1)");
  CHECK(with("gamma", "a*gamma") == "multiply(in0, in1)");
  CHECK(with("newaxis", "a + newaxis") == "add(in0, in1)");
  CHECK(with("mean", "np.max(a) + mean") == "add(max(in0), in1)");
  CHECK(with("np", "np.sum() + numpy.max(a)") == "add(sum(in1), max(in0))");
  CHECK(with("sum", "sum.sum()") == "sum(in1)");
}

// Result dtypes of every operator and many functions for every pair of operand types, against a table that NumPy made.
#include <doctest/doctest.h>

#include <cstring>

#include "tests/unit/frontend/bind_fixture.hpp"

using namespace fuseval;
using namespace fuseval::frontend;
using namespace fuseval::frontend::testing;

namespace {

struct Row {
  const char* text;
  const char* letters;
};

constexpr Row rows[] = {
#include "tests/unit/frontend/numpy_types.inc"
};

constexpr int operand_count = 14;

InputInfo operand(const char* name, int type) {
  if (type == 11) return weak_input(name, true);
  if (type == 12) return weak_input(name, int64_t{3});
  if (type == 13) return weak_input(name, 2.5);
  return array(name, computed_dtypes[static_cast<size_t>(type)], {2});
}

char letter_of(DType dtype) {
  constexpr char letters[] = "?bhilBHILefdFD";
  return letters[static_cast<size_t>(dtype)];
}

// The letter of the result's dtype; 'x' for an error and 'e' for one that says float16.
char letter_of(const char* text, const std::vector<InputInfo>& inputs) {
  try {
    const BoundFunction function = bound(text, inputs);
    return letter_of(function.function.graph.dtype(function.function.outputs[0]));
  } catch (const Error& error) {
    return error.message().find("float16 in NumPy") == std::string::npos ? 'x' : 'e';
  }
}

}  // namespace

TEST_CASE("the dtype of every operation is NumPy's") {
  for (const Row& row : rows) {
    const bool binary = std::strlen(row.letters) > operand_count;
    for (int a = 0; a < operand_count; ++a)
      for (int b = 0; b < (binary ? operand_count : 1); ++b) {
        std::vector<InputInfo> inputs = {operand("a", a)};
        if (binary) inputs.push_back(operand("b", b));
        INFO(row.text << " operand types " << a << " and " << b);
        CHECK(letter_of(row.text, inputs) == row.letters[binary ? a * operand_count + b : a]);
      }
  }
}

TEST_CASE("three dtypes promote together, not one after the other") {
  const std::vector<InputInfo> inputs = {array("c", DType::bool_, {3}), array("i", DType::int8, {3}),
                                         array("f", DType::float32, {3}), array("u", DType::uint16, {3})};
  CHECK(result_types("select([c, c], [i, f], u)", inputs) == result_types("f", inputs));
  CHECK(result_types("select([c, c], [u, f], i)", inputs) == result_types("f", inputs));
  CHECK(result_types("clip(i, u, f)", inputs) == result_types("f", inputs));
}

TEST_CASE("rounding integers to tens saturates in their own dtype") {
  const std::vector<InputInfo> inputs = {array("u", DType::uint64, {})};
  CHECK(formula("round(u, -1)", inputs) == "uint64(multiply(rint(divide(float64(in0), 10.)), 10.))");
}

TEST_CASE("a fill value may have more extents of 1 than the array") {
  const std::vector<InputInfo> inputs = {array("a", DType::float64, {1, 1}), array("b", DType::float64, {3})};
  CHECK(result_types("full_like(b, a)", inputs) == result_types("b", inputs));
  CHECK_THROWS_AS(bound("full_like(b, full((2, 1), 0.0))", inputs), Error);
}

// dtype and shape of the results of texts over all functions, against what NumPy said of the same texts.
#include <doctest/doctest.h>

#include "tests/unit/frontend/bind_fixture.hpp"

using namespace fuseval;
using namespace fuseval::frontend;
using namespace fuseval::frontend::testing;

namespace {

struct Row {
  const char* text;
  std::string_view expected;
};

constexpr Row rows[] = {
#include "tests/unit/frontend/numpy_shapes.inc"
};

std::string outcome(const char* text) {
  try {
    return result_types(text);
  } catch (const Error&) {
    return "error";
  }
}

}  // namespace

TEST_CASE("shapes and dtypes are NumPy's, and errors are where NumPy raises") {
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(outcome(row.text) == row.expected);
  }
}

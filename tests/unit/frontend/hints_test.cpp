// Hints: where they are given, and the ordinary texts that get none.
#include "frontend/hints.hpp"

#include <doctest/doctest.h>

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

const std::vector<InputInfo> inputs = {{"m", DType::bool_, {3}, false, 0}, {"i", DType::int64, {3}, false, 0}};

/// "mask@0-16 nan@20-28"
std::string found(std::string_view text) {
  constexpr const char* names[] = {"mask", "axis", "nan", "power", "comma"};
  std::string result;
  for (const Hint& hint : hints(parse(text), inputs)) {
    CHECK(hint.message.size() > 20);
    result += (result.empty() ? "" : " ") + std::string(names[static_cast<int>(hint.kind)]) + "@" +
              std::to_string(hint.span.begin) + "-" + std::to_string(hint.span.end);
  }
  return result;
}

}  // namespace

TEST_CASE("comparisons that & and | take an operand from") {
  CHECK(found("(a >= 1) & b > 1") == "mask@0-16");
  CHECK(found("a > 1 & b > 1") == "mask@0-13");
  CHECK(found("a > 1 | (b < 2)") == "mask@0-15");
  CHECK(found("m & b > 1") == "mask@0-9");
  CHECK(found("b > 1 & m") == "mask@0-9");
  CHECK(found("where(isnan(a) | a < 0, 0, a)") == "mask@6-22");
  CHECK(found("np.isfinite(a) & ~(a == 0) & a < 5") == "mask@0-34");
  CHECK(found("sum(~(a > 1) & b == c)") == "mask@4-21");
}

TEST_CASE("masks that mean what they say") {
  for (const char* text :
       {"(a >= 1) & (b > 1)", "(a > 1) | ~(b > 1)", "a >= 1 and b > 1", "i & 4 == 4", "i & 4", "(i & 4) != 0", "m & ~m",
        "(m & i) > 1", "0 <= (i & j) < 3", "1 < a < 2", "(a > 1) & (b > 1) == c", "m & (b > 1)", "a & b > 1",
        "((a > 1) & (b > 1)) == m", "(a > 1) & (b < 2) | (c == 3)", "(\n i & 7 # bits\n) == (b > 1)"}) {
    CAPTURE(text);
    CHECK(found(text) == "");
  }
}

TEST_CASE("an axis that was to be a bound") {
  CHECK(found("max(a, 0)") == "axis@7-8");
  CHECK(found("min(a*2, -1)") == "axis@9-11");
  for (const char* text : {"max(a)", "max(a, axis=0)", "a.max(0)", "np.max(a, 0)", "sum(a, 0)", "max(a, k)",
                           "maximum(a, 0)", "max(a, None)", "max(a, (0, 1))"}) {
    CAPTURE(text);
    CHECK(found(text) == "");
  }
}

TEST_CASE("comparisons with nan") {
  CHECK(found("a == nan") == "nan@0-8");
  CHECK(found("where(np.nan != a, a, 0)") == "nan@6-17");
  CHECK(found("a > nan") == "nan@0-7");
  CHECK(found("where(isnan(a), nan, a)") == "");
  CHECK(found("a == x.nan") == "");
  const std::vector<InputInfo> bound = {{"nan", DType::float64, {}, false, 0}};
  CHECK(hints(parse("a == nan"), bound).empty());
}

TEST_CASE("exclusive or for a power") {
  CHECK(found("x^2") == "power@1-2");
  CHECK(found("10^x + y^3") == "power@2-3 power@8-9");
  CHECK(found("x^0.5") == "power@1-2");
  for (const char* text : {"x**2", "x ^ 0xff", "x ^ 1", "x ^ y", "m ^ (i > 2)", "(x >> 3) ^ (x << 5)", "x & 3 ^ 2",
                           "(i & ~u | m ^ 3) << 2 >> k", "x << 3 ^ 2", "-a**2"}) {
    CAPTURE(text);
    CHECK(found(text) == "");
  }
}

TEST_CASE("a decimal comma") {
  CHECK(found("3,5 * x") == "comma@1-2");
  CHECK(found("x + 0,5") == "comma@5-6");
  for (const char* text : {"3, 5", "x,5", "(3,5)", "1,2,3", "reshape(x, (2,3))", "3,"}) {
    CAPTURE(text);
    CHECK(found(text) == "");
  }
}

TEST_CASE("hints come in the order of the text") {
  CHECK(found("where((a > 1) & b > x^2, max(a, 0), a == nan)") == "mask@6-23 power@21-22 axis@32-33 nan@36-44");
}

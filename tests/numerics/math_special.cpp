// IEEE 754's special values, and results that are exact.
#include <doctest/doctest.h>

#include <bit>

#include "tests/numerics/oracle.hpp"

namespace fuseval::numerics {

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Equal, zeros with their signs; any NaN is NaN.
bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

void check_both(const char* name, double x, double y, double expected) {
  const auto& function = math_function(name);
  CAPTURE(name);
  CAPTURE(x);
  CAPTURE(y);
  const double in_double = evaluate(function, x, y);
  CHECK_MESSAGE(same(in_double, expected), "float64: ", in_double, " instead of ", expected);
  const float in_single = evaluate(function, static_cast<float>(x), static_cast<float>(y));
  CHECK_MESSAGE(same(in_single, static_cast<float>(expected)), "float32: ", in_single, " instead of ", expected);
}
void check_both(const char* name, double x, double expected) { check_both(name, x, 0, expected); }

}  // namespace

TEST_CASE("special values of the functions of one argument") {
  for (const char* odd : {"sin", "tan", "arcsin", "arctan", "tanh"}) {
    check_both(odd, 0.0, 0.0);
    check_both(odd, -0.0, -0.0);
  }
  for (const auto& function : math_functions()) {
    if (function.arity == 1) check_both(function.name.c_str(), nan, nan);
  }
  for (const char* periodic : {"sin", "cos", "tan"}) {
    check_both(periodic, inf, nan);
    check_both(periodic, -inf, nan);
  }
  check_both("exp", 0.0, 1);
  check_both("exp", -0.0, 1);
  check_both("exp", inf, inf);
  check_both("exp", -inf, 0.0);
  check_both("log", 1, 0.0);
  check_both("log", 0.0, -inf);
  check_both("log", -0.0, -inf);
  check_both("log", -1, nan);
  check_both("log", -inf, nan);
  check_both("log", inf, inf);
  check_both("cos", 0.0, 1);
  check_both("cos", -0.0, 1);
  check_both("arccos", 1, 0.0);
  for (const char* bounded : {"arcsin", "arccos"}) {
    for (double x : {1.5, -1.5, 1.0000001192092896, -1.0000001192092896, inf, -inf}) check_both(bounded, x, nan);
  }
  check_both("tanh", inf, 1);
  check_both("tanh", -inf, -1);
}

TEST_CASE("subnormals and smallest numbers: odd functions return them") {
  for (const char* odd : {"sin", "tan", "arcsin", "arctan", "tanh"}) {
    const auto& function = math_function(odd);
    for (double x : {0x1p-1074, -0x1p-1074, 0x1.8p-1060, 0x1p-1022, 0x1.fp-1000}) CHECK(same(evaluate(function, x), x));
    for (float x : {0x1p-149f, -0x1p-149f, 0x1.8p-140f, 0x1p-126f, 0x1.fp-110f}) CHECK(same(evaluate(function, x), x));
  }
}

TEST_CASE("special values of the functions of two arguments are the C library's") {
  const double values[] = {0.0, -0.0, 0x1p-149, -0x1p-149, 0.5,      -0.5,      1,        -1,        2,   -2,   3,  -3,
                           2.5, -2.5, 0x1p100,  -0x1p100,  16777215, -16777215, 16777216, -16777216, inf, -inf, nan};
  for (const char* name : {"arctan2", "pow", "hypot"}) {
    const auto& function = math_function(name);
    int special = 0;
    for (double x : values) {
      for (double y : values) {
        const double expected = function.libm(x, y);
        const bool one = expected == 1 && function.name == "pow";
        if (!(std::isnan(expected) || std::isinf(expected) || expected == 0 || one)) continue;
        ++special;
        const double got = evaluate(function, x, y);
        CHECK_MESSAGE(same(got, expected), name, "(", x, ", ", y, ") is ", got, " instead of ", expected);
        const float rounded = static_cast<float>(expected);
        const float in_single = evaluate(function, static_cast<float>(x), static_cast<float>(y));
        CHECK_MESSAGE(same(in_single, rounded), name, "(", x, ", ", y, ") in float32 is ", in_single);
      }
    }
    CHECK(special > 60);
  }
  check_both("arctan2", inf, inf, 0.78539816339744830962);
  check_both("arctan2", -inf, -inf, -2.35619449019234492885);
  check_both("arctan2", 1, inf, 0.0);
  check_both("arctan2", 1, -inf, 3.14159265358979323846);
}

TEST_CASE("pow is exact where the result is a number of the format") {
  const auto& pow = math_function("pow");
  for (int n = -1074; n < 1024; ++n) CHECK(evaluate(pow, 2.0, static_cast<double>(n)) == std::ldexp(1.0, n));
  for (int n = -149; n < 128; ++n) CHECK(evaluate(pow, 2.0f, static_cast<float>(n)) == std::ldexp(1.0f, n));
  for (int64_t base = -60; base <= 60; ++base) {
    int64_t power = 1;
    for (int n = 0; std::abs(power) < (int64_t{1} << 53); ++n) {
      CHECK(evaluate(pow, static_cast<double>(base), static_cast<double>(n)) == static_cast<double>(power));
      if (std::abs(power) < (1 << 24)) {
        CHECK(evaluate(pow, static_cast<float>(base), static_cast<float>(n)) == static_cast<float>(power));
      }
      if (base * base <= 1 && n > 8) break;
      power *= base;
    }
    const double square = static_cast<double>(base * base);
    CHECK(evaluate(pow, square, 0.5) == std::abs(static_cast<double>(base)));
    CHECK(evaluate(pow, square, 1.5) == std::abs(static_cast<double>(base * base * base)));
  }
}

TEST_CASE("hypot of Pythagorean triples is exact at every scale") {
  const auto& hypot = math_function("hypot");
  for (int scale = -1074; scale < 1020; ++scale) {
    const double unit = std::ldexp(1.0, scale);
    CHECK(evaluate(hypot, 3 * unit, -4 * unit) == 5 * unit);
    CHECK(evaluate(hypot, 12 * unit, 5 * unit) == 13 * unit);
  }
  for (int scale = -149; scale < 124; ++scale) {
    const float unit = std::ldexp(1.0f, scale);
    CHECK(evaluate(hypot, 3 * unit, -4 * unit) == 5 * unit);
  }
}

}  // namespace fuseval::numerics

// Ints of any size, by the identities that Python promises of them, at the borders of every representation.
#include "frontend/integer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

Integer two_to(int exponent) { return shift_left(Integer(1), exponent); }

std::vector<Integer> samples() {
  std::vector<Integer> result = {0, 1, -1, 7, INT64_MAX, INT64_MIN, UINT64_MAX};
  std::mt19937_64 random(1);
  for (const int bits : {31, 52, 53, 54, 62, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 2000, 2047})
    for (const int64_t step : {-1, 0, 1, static_cast<int>(random() % 1000)}) {
      result.push_back(two_to(bits) + step);
      result.push_back(step - two_to(bits) + two_to(bits / 2));
    }
  return result;
}

}  // namespace

TEST_CASE("division rounds down, and the remainder has the divisor's sign") {
  for (const Integer& a : samples())
    for (const Integer& b : samples()) {
      if (b == 0) continue;
      const Integer rest = remainder(a, b);
      REQUIRE(floor_divide(a, b) * b + rest == a);
      REQUIRE((rest == 0 || rest.is_negative() == b.is_negative()));
      REQUIRE((b.is_negative() ? b < rest : rest < b));
    }
}

TEST_CASE("bits are those of two's complement") {
  for (const Integer& a : samples())
    for (const Integer& b : samples()) {
      REQUIRE((a & b) + (a | b) == a + b);
      REQUIRE((a ^ b) == (a | b) - (a & b));
      REQUIRE(((a ^ b) ^ b) == a);
      REQUIRE((a & b).low_bits() == (a.low_bits() & b.low_bits()));
      REQUIRE((a * b).low_bits() == a.low_bits() * b.low_bits());
    }
  for (const Integer& a : samples())
    for (const int count : {0, 1, 52, 63, 64, 100, 2000}) {
      REQUIRE(shift_right(shift_left(a, count), count) == a);
      REQUIRE(shift_right(a, count) == floor_divide(a, two_to(count)));
    }
}

TEST_CASE("digits are read as they are written") {
  for (const Integer& a : samples()) {
    const Integer magnitude = a.is_negative() ? -a : a;
    REQUIRE(Integer::parse(magnitude.decimal(), 10) == magnitude);
    REQUIRE(magnitude.fits_int64() == (magnitude <= INT64_MAX));
    REQUIRE(magnitude.fits_uint64() == (magnitude <= UINT64_MAX));
  }
  CHECK(Integer::parse("ff_ff", 16) == 65535);
  CHECK(Integer::parse("0_000", 10) == 0);
  CHECK(Integer::parse(std::string(64, '1'), 2) == UINT64_MAX);
  CHECK((-two_to(200)).decimal() == "-1606938044258990275541962092341162602522202993782792835301376");
  CHECK((-two_to(200)).text() == "-1606938044258990275… (61 digits)");
}

TEST_CASE("an int and a float are compared exactly, whatever rounding would do") {
  const Integer beyond = two_to(1024) - two_to(970);  // rounds to 2**1024
  for (const Integer& a : samples()) {
    if (a >= beyond || a <= -beyond) {
      CHECK(thrown([&] { a.to_double(); }).code() == ErrorCode::value);
      continue;
    }
    const double nearest = a.to_double();
    REQUIRE(a.is_exact_double() == (Integer::truncated(nearest) == a));
    REQUIRE((compare(a, nearest) == 0) == a.is_exact_double());
    REQUIRE(compare(a, std::nextafter(nearest, INFINITY)) < 0);
    REQUIRE(compare(a, std::nextafter(nearest, -INFINITY)) > 0);
    REQUIRE(true_divide(a, 1) == nearest);
  }
}

TEST_CASE("no operation goes beyond the bound") {
  const Integer largest = two_to(Integer::max_bits - 1) - 1 + two_to(Integer::max_bits - 1);
  CHECK(floor_divide(largest, -largest) == -1);
  CHECK(remainder(-largest, largest - 1) == largest - 2);
  CHECK(power(Integer(2), Integer::max_bits - 1) == two_to(Integer::max_bits - 1));
  CHECK(true_divide(largest, largest - 1) == 1);
  CHECK((largest ^ largest) == 0);
  for (const auto& beyond : std::vector<Integer (*)(const Integer&)>{
           [](const Integer& a) { return a + 1; }, [](const Integer& a) { return -a - 1; },
           [](const Integer& a) { return a * a; }, [](const Integer& a) { return shift_left(a, 1); },
           [](const Integer& a) { return power(a, a); }, [](const Integer& a) { return shift_left(1, a); }})
    CHECK(thrown([&] { beyond(largest); }).code() == ErrorCode::limit);
}

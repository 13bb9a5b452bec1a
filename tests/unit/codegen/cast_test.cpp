// Casts between all pairs of dtypes: floats saturate into integers and NaN becomes 0, integers wrap.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "codegen/host/fold.hpp"
#include "scalar_samples.hpp"

namespace fuseval::codegen::test {
namespace {

template <class From, class To>
To expected_cast(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != 0;
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(x)) return 0;
    const long double whole = std::trunc(static_cast<long double>(x));  // its 64 bits hold every integer exactly
    if (whole < static_cast<long double>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (whole > static_cast<long double>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(whole);
  } else {
    return static_cast<To>(x);
  }
}

HostValue expected(HostValue value, DType to) {
  return with_type(value.dtype, [&](auto from) {
    return with_type(to, [&](auto zero) {
      using To = decltype(zero);
      return host_value(to, expected_cast<decltype(from), To>(host_get<decltype(from)>(value)));
    });
  });
}

TEST_CASE("casts between all dtypes") {
  std::mt19937_64 random(sample_seed);
  for (DType from : computed_dtypes)
    for (DType to : computed_dtypes)
      for (HostValue value : sample_values(from, 2000, random)) {
        const HostValue got = fold_cast(value, to);
        if (same(got, expected(value, to))) continue;
        FAIL_CHECK(show(value) << " to " << name_of(to) << " gave " << show(got) << ", expected "
                               << show(expected(value, to)));
      }
}

TEST_CASE("floats next to an integer dtype's extremes") {
  for (DType to : {DType::int8, DType::uint8, DType::int16, DType::uint16, DType::int32, DType::uint32, DType::int64,
                   DType::uint64})
    for (int power : {7, 8, 15, 16, 31, 32, 63, 64})
      for (double sign : {1.0, -1.0})
        for (double shift : {-1.5, -1.0, -0.5, 0.0, 0.5, 1.0}) {
          const HostValue wide = host_value(DType::float64, sign * (std::ldexp(1.0, power) + shift));
          const HostValue narrow = host_value(DType::float32, static_cast<float>(host_get<double>(wide)));
          CHECK(fold_cast(wide, to) == expected(wide, to));
          CHECK(fold_cast(narrow, to) == expected(narrow, to));
        }
}

}  // namespace
}  // namespace fuseval::codegen::test

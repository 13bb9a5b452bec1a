#include "scalar_samples.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace fuseval::codegen::test {
namespace {

template <class T>
std::vector<T> specials() {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<T, bool>) {
    return {false, true};
  } else if constexpr (std::is_floating_point_v<T>) {
    const T inf = Limits::infinity(), tiny = Limits::denorm_min(), least = Limits::min(), most = Limits::max();
    std::vector<T> values = {0,
                             1,
                             inf,
                             tiny,
                             3 * tiny,
                             least,
                             most,
                             T(1.5),
                             T(0.5),
                             2,
                             3,
                             T(0.1),
                             7,
                             T(2.5),
                             1 - Limits::epsilon() / 2,
                             1 + Limits::epsilon(),
                             least - tiny,
                             1 / Limits::epsilon(),
                             2 / Limits::epsilon(),
                             T(1e10),
                             T(127.7),
                             T(255.5),
                             T(32768),
                             T(2147483648.0),
                             T(4294967296.0),
                             T(9223372036854775808.0),
                             T(18446744073709551616.0)};
    for (size_t k = 0, count = values.size(); k < count; ++k) values.push_back(-values[k]);
    values.push_back(Limits::quiet_NaN());
    values.push_back(-Limits::quiet_NaN());
    return values;
  } else {
    const T most = Limits::max(), least = Limits::min();
    std::vector<T> values = {0,     1,           2, 3, 5, 7, 12, 60, most, T(most - 1), T(most / 2), T(most / 2 + 1),
                             least, T(least + 1)};
    for (int width : {8, 16, 32, 64}) values.push_back(T(width - 1)), values.push_back(T(width));
    for (size_t k = 0, count = values.size(); k < count; ++k)
      values.push_back(T(0u - static_cast<std::make_unsigned_t<T>>(values[k])));
    return values;
  }
}

/// Random bits; half of them with few significant ones, so that small integers and moderate exponents occur.
template <class T>
T random_value(std::mt19937_64& random) {
  const uint64_t bits = random();
  if constexpr (std::is_same_v<T, bool>) {
    return bits % 2 != 0;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (random() % 2 != 0)
      return static_cast<T>(
          std::ldexp(static_cast<double>(static_cast<int64_t>(bits)), static_cast<int>(random() % 40) - 80));
    return host_get<T>({DType::float64, sizeof(T) == 4 ? bits >> 32 : bits});
  } else {
    return static_cast<T>(static_cast<int64_t>(bits) >> (random() % 64));
  }
}

}  // namespace

std::vector<HostValue> special_values(DType dtype) {
  return with_type(dtype, [&](auto zero) {
    std::vector<HostValue> values;
    for (auto x : specials<decltype(zero)>()) values.push_back(host_value(dtype, static_cast<decltype(zero)>(x)));
    return values;
  });
}

std::vector<HostValue> sample_values(DType dtype, int count, std::mt19937_64& random) {
  std::vector<HostValue> values = special_values(dtype);
  with_type(dtype, [&](auto zero) {
    for (int k = 0; k < count; ++k) values.push_back(host_value(dtype, random_value<decltype(zero)>(random)));
  });
  return values;
}

std::vector<DType> loops_of(Domain domain) {
  const bool has_bool = domain == Domain::any || domain == Domain::numeric_or_bool || domain == Domain::real_or_bool ||
                        domain == Domain::integer_or_bool || domain == Domain::truth;
  const bool has_integers = domain != Domain::truth && domain != Domain::inexact &&
                            domain != Domain::inexact_division && domain != Domain::inexact_scale;
  const bool has_floats = domain != Domain::truth && domain != Domain::integer && domain != Domain::integer_or_bool;
  std::vector<DType> loops;
  for (DType dtype : computed_dtypes)
    if (is_bool(dtype) ? has_bool : is_float(dtype) ? has_floats : has_integers) loops.push_back(dtype);
  return loops;
}

bool same(HostValue a, HostValue b) {
  if (a.dtype != b.dtype) return false;
  if (a.dtype == DType::float32 && std::isnan(host_get<float>(a))) return std::isnan(host_get<float>(b));
  if (a.dtype == DType::float64 && std::isnan(host_get<double>(a))) return std::isnan(host_get<double>(b));
  return a.bits == b.bits;
}

std::string show(HostValue value) {
  return with_type(value.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      return fmt::format("{} {:a}", name_of(value.dtype), host_get<T>(value));
    else
      return fmt::format("{} {}", name_of(value.dtype), host_get<T>(value));
  });
}

}  // namespace fuseval::codegen::test

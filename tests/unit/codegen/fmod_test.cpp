// fmod is exact for every gap between the exponents: random bits, exact multiples, and their neighbours, against
// libm's.
#include <doctest/doctest.h>

#include <cmath>

#include "codegen/host/fold.hpp"
#include "scalar_samples.hpp"

namespace fuseval::codegen::test {
namespace {

template <class T>
int64_t wrong_fmods(DType dtype, T a, T b) {
  const HostValue got = fold(Op::fmod, std::array{host_value(dtype, a), host_value(dtype, b)});
  return same(got, host_value(dtype, static_cast<T>(std::fmod(a, b)))) ? 0 : 1;
}

template <class T>
int64_t wrong_around_multiples(DType dtype, T b, std::mt19937_64& random) {
  int64_t wrong = 0;
  const T factor = static_cast<T>(random() >> (random() % 64));
  const T multiple = std::ldexp(b * factor, static_cast<int>(random() % 64));
  for (T a : {multiple, std::nextafter(multiple, T(0)), std::nextafter(multiple, 2 * multiple), -multiple})
    wrong += wrong_fmods(dtype, a, b);
  return wrong;
}

template <class T>
int64_t wrong_of_many(DType dtype, int count) {
  std::mt19937_64 random(sample_seed);
  int64_t wrong = 0;
  for (int k = 0; k < count; ++k) {
    const T a = host_get<T>({dtype, sizeof(T) == 4 ? random() >> 32 : random()});
    const T b = host_get<T>({dtype, sizeof(T) == 4 ? random() >> 32 : random()});
    wrong += wrong_fmods(dtype, a, b) + wrong_around_multiples(dtype, b, random);
  }
  return wrong;
}

TEST_CASE("fmod of random bits and around multiples") {
  CHECK(wrong_of_many<double>(DType::float64, 20'000) == 0);
  CHECK(wrong_of_many<float>(DType::float32, 20'000) == 0);
}

TEST_CASE("fmod over every gap of exponents") {
  std::mt19937_64 random(sample_seed);
  int64_t wrong = 0;
  for (int gap = 0; gap < 2098; ++gap) {
    const double low =
        std::ldexp(1.0 + static_cast<double>(random() >> 12) * 0x1p-52, std::max(-1074, 1023 - gap - 52));
    const double high = std::ldexp(1.0 + static_cast<double>(random() >> 12) * 0x1p-52, std::min(1023, gap - 1074));
    wrong += wrong_fmods(DType::float64, high, low) + wrong_fmods(DType::float64, 0x1.fffffffffffffp+1023, low);
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace fuseval::codegen::test

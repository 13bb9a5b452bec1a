// Every elementary function against MPFR. FUSEVAL_SAMPLES multiplies the number of samples, FUSEVAL_SEED changes them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>

#include "tests/numerics/oracle.hpp"
#include "tests/numerics/samples.hpp"

namespace fuseval::numerics {

namespace {

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

template <class T>
struct Worst {
  double error = -1;
  Point<T> at{};
  T got{};
};

template <class T>
void judge(const MathFunction& function, Point<T> point, Oracle& oracle, Worst<T>& worst) {
  const T got = evaluate(function, point.x, point.y);
  const double error = oracle.error(function, point.x, point.y, got);
  if (error > worst.error) worst = {error, point, got};
}

template <class T>
void check(const MathFunction& function) {
  const uint64_t count = 12'000 * from_environment("FUSEVAL_SAMPLES", 1);
  const uint64_t seed = from_environment("FUSEVAL_SEED", 20'240'229);
  Sampler<T> random(seed);
  Oracle oracle;
  Worst<T> worst;
  for (const auto& point : known_hard<T>(function.name)) judge(function, point, oracle, worst);
  for (uint64_t i = 0; i < count; ++i) {
    judge(function, {random.bits(), random.bits()}, oracle, worst);
    if (function.arity == 1)
      judge(function, {interesting(function.name, random), T{}}, oracle, worst);
    else
      judge(function, interesting_pair(function.name, random), oracle, worst);
    if (function.arity == 1)
      judge(function, {interesting(function.name, random), T{}}, oracle, worst);
    else
      judge(function, interesting_pair(function.name, random), oracle, worst);
  }
  fmt::print("{:8} {}  bound {}  largest error {:.4f} ulp at ({:a}, {:a}) giving {:a}  (seed {}, {} points)\n",
             function.name, sizeof(T) == 4 ? "float32" : "float64", function.bound, worst.error, worst.at.x, worst.at.y,
             worst.got, seed, 3 * count);
  CHECK(worst.error <= function.bound);
}

}  // namespace

TEST_CASE("elementary functions are within their bounds of MPFR") {
  for (const auto& function : math_functions()) {
    CAPTURE(function.name);
    check<double>(function);
    check<float>(function);
  }
}

}  // namespace fuseval::numerics

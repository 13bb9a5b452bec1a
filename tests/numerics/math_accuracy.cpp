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
  const uint64_t count = sample_count * from_environment("FUSEVAL_SAMPLES", 1);
  const uint64_t seed = from_environment("FUSEVAL_SEED", sample_seed);
  Oracle oracle;
  Worst<T> worst;
  for (const auto& point : points_for<T>(function.name, function.arity, count, seed))
    judge(function, point, oracle, worst);
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

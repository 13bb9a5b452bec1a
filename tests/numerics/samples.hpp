// Where the elementary functions are tried: arguments uniform in bit patterns, uniform over the range where the
// function does something, and those that are hard by construction.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace fuseval::numerics {

template <class T>
struct Point {
  T x, y;
};

/// Random numbers of format T; the seed is printed by whoever makes one.
template <class T>
class Sampler {
 public:
  explicit Sampler(uint64_t seed) : engine_(seed) {}

  /// Any bit pattern, NaNs and infinities included.
  T bits() {
    if constexpr (std::is_same_v<T, float>)
      return std::bit_cast<float>(static_cast<uint32_t>(engine_()));
    else
      return std::bit_cast<double>(engine_());
  }
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  /// A random sign, a fraction uniform in [1, 2) and an exponent uniform in [low, high).
  T magnitude(double low, double high) {
    const double sign = engine_() & 1 ? 1 : -1;
    return static_cast<T>(sign * std::ldexp(uniform(1, 2), static_cast<int>(std::floor(uniform(low, high)))));
  }
  /// The float `steps` or fewer away from x.
  T near(double x, int steps) {
    T result = static_cast<T>(x);
    const int count = std::uniform_int_distribution<int>(-steps, steps)(engine_);
    for (int i = 0; i < std::abs(count); ++i) {
      result =
          std::nextafter(result, count > 0 ? std::numeric_limits<T>::infinity() : -std::numeric_limits<T>::infinity());
    }
    return result;
  }
  /// x times a random number within 2^-bits of 1, or x itself where that is not finite.
  T beside(T x, int bits) {
    const T moved = static_cast<T>(static_cast<double>(x) * (1 + std::ldexp(uniform(-1, 1), -bits)));
    return std::isfinite(moved) ? moved : x;
  }
  uint64_t integer(uint64_t below) { return engine_() % below; }

 private:
  std::mt19937_64 engine_;
};

/// One argument of the range in which `function` (by its NumPy name) is neither trivial nor constant.
template <class T>
T interesting(const std::string& function, Sampler<T>& random) {
  constexpr bool single = std::is_same_v<T, float>;
  const int kind = static_cast<int>(random.integer(4));
  if (function == "exp") {
    if (kind == 0) return random.near(single ? 88.722839 : 709.782712893384, 40);
    if (kind == 1) return static_cast<T>(single ? random.uniform(-104.5, -87) : random.uniform(-746, -707));
    return kind == 2 ? static_cast<T>(random.uniform(-2, 2))
                     : static_cast<T>(random.uniform(single ? -104 : -746, single ? 89 : 710));
  }
  if (function == "log") {
    if (kind == 0) return 1 + random.magnitude(single ? -24 : -53, -1);
    return kind == 1 ? static_cast<T>(random.uniform(0.7, 1.42)) : std::fabs(random.bits());
  }
  if (function == "sin" || function == "cos" || function == "tan") {
    const double half_pi = 1.57079632679489661923;
    // Neighbours of multiples of pi/2, few and many; then any size.
    if (kind == 0) return random.near(half_pi * static_cast<double>(random.integer(1 << 12)), 2);
    if (kind == 1)
      return random.near(half_pi * std::ldexp(random.uniform(1, 2), static_cast<int>(random.integer(24))), 2);
    return kind == 2 ? static_cast<T>(random.uniform(-10, 10)) : random.magnitude(-4, single ? 127 : 1023);
  }
  if (function == "arcsin" || function == "arccos") {
    if (kind == 0)
      return static_cast<T>((random.integer(2) ? 1 : -1) *
                            (1 - std::fabs(static_cast<double>(random.magnitude(single ? -24 : -53, -2)))));
    return kind == 1 ? random.near(random.integer(2) ? 0.5 : -0.5, 100) : static_cast<T>(random.uniform(-1, 1));
  }
  if (function == "tanh") return kind == 0 ? static_cast<T>(random.uniform(-22, 22)) : random.magnitude(-10, 3);
  return kind == 0 ? random.near(0.4140625, 100) : random.magnitude(-8, 8);  // arctan
}

/// The same for two arguments.
template <class T>
Point<T> interesting_pair(const std::string& function, Sampler<T>& random) {
  constexpr bool single = std::is_same_v<T, float>;
  constexpr int limit = std::numeric_limits<T>::max_exponent - 1;
  const int kind = static_cast<int>(random.integer(4));
  if (function == "pow") {
    if (kind == 0) return {random.magnitude(-10, 10), static_cast<T>(std::floor(random.uniform(-40, 40)))};
    // The logarithm of the fraction of x is largest near sqrt(2), and the exponent of x makes nothing of it vanish.
    const T x = kind == 1 ? 1 + random.magnitude(single ? -23 : -52, -1)
                : kind == 2
                    ? static_cast<T>(std::ldexp(random.uniform(1.35, 1.48), static_cast<int>(random.integer(3))))
                    : std::fabs(random.bits());
    // x^y anywhere between the smallest subnormal and the largest number.
    const double exponent = single ? random.uniform(-104, 89) : random.uniform(-746, 710);
    return {x, static_cast<T>(exponent / std::log(static_cast<double>(std::fabs(x))))};
  }
  const T x = random.bits();
  if (kind == 0) return {x, x * random.magnitude(-2, 2)};
  if (kind == 1) return {random.magnitude(-limit - 20, -limit + 60), random.magnitude(-limit - 20, -limit + 60)};
  if (kind == 2) return {random.magnitude(limit - 60, limit + 1), random.magnitude(limit - 60, limit + 1)};
  return {random.magnitude(-20, 20), random.magnitude(-20, 20)};
}

/// Points known to be hard.
template <class T>
std::vector<Point<T>> known_hard(const std::string& function) {
  const double inputs[] = {
      6381956970095103.0 *
          0x1p797,          // the float64 closest to a multiple of pi/2, relatively (Muller, "Elementary Functions")
      16367173.0 * 0x1p72,  // the same of float32
      1e22,
      1e300,
      3.14159265358979,
      3.1415927410125732,
      1.5707963267948966,
      1.57079637050628662109,
      2.5,
      0.5,
      -0.5,
      1.0,
      -1.0,
      0x1p-1074,
      0x1p-149,
      0x1p-1022,
      0x1p-126,
      0.70710678118654752,
      1.4142135623730951,
      0.4142135623730951,
      199999.99,
      200000.02,
      3199999.9999,
      3200000.0001,
      709.782712893384,
      88.7228394,
      -745.1332191019412,
      -708.39641853226411,
      -103.97208,
      -87.33655,
  };
  std::vector<Point<T>> points;
  for (double x : inputs) {
    for (double y : {2.0, 3.0, 0.5, -1.0, 1.0, 0x1p-1074, 0x1p1023}) {
      points.push_back({static_cast<T>(x), static_cast<T>(y)});
      if (function == "arctan2" || function == "hypot") points.push_back({static_cast<T>(y), static_cast<T>(x)});
    }
  }
  return points;
}

inline constexpr uint64_t sample_count = 12'000;
inline constexpr uint64_t sample_seed = 20'240'229;

/// Where a function is tried: hard points, then `count` each of any bits and twice of its interesting range.
template <class T>
std::vector<Point<T>> points_for(const std::string& function, int arity, uint64_t count, uint64_t seed) {
  std::vector<Point<T>> points = known_hard<T>(function);
  Sampler<T> random(seed);
  const auto draw = [&]() -> Point<T> {
    if (arity == 1) return {interesting(function, random), T{}};
    return interesting_pair(function, random);
  };
  for (uint64_t i = 0; i < count; ++i) {
    const T x = random.bits();
    points.push_back({x, random.bits()});
    points.push_back(draw());
    points.push_back(draw());
  }
  return points;
}

}  // namespace fuseval::numerics

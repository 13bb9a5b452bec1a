// The canonical order against loops written for one dtype at a time; the exact reductions against their definitions.
#include "codegen/host/reduce.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "scalar_samples.hpp"

namespace fuseval::codegen::test {
namespace {

constexpr ReductionOrder both_orders[] = {ReductionOrder::lanes, ReductionOrder::serial16};

template <class T>
DType float_dtype() {
  return sizeof(T) == 4 ? DType::float32 : DType::float64;
}
template <class T>
std::vector<HostValue> boxed(const std::vector<T>& numbers, DType dtype) {
  std::vector<HostValue> values;
  for (T x : numbers) values.push_back(host_value(dtype, x));
  return values;
}
template <class T>
T reduced(Reduction reduction, ReductionOrder order, const std::vector<T>& numbers) {
  return host_get<T>(reduce_canonically(reduction, order, float_dtype<T>(), boxed(numbers, float_dtype<T>())));
}
/// Wide in magnitude, so that every change of the order shows in the last bits.
template <class T>
std::vector<T> rough_numbers(size_t count) {
  std::mt19937_64 random(sample_seed + count);
  std::vector<T> numbers;
  for (size_t k = 0; k < count; ++k)
    numbers.push_back(static_cast<T>(
        std::ldexp(static_cast<double>(static_cast<int64_t>(random())), static_cast<int>(random() % 20) - 70)));
  return numbers;
}

/// sum over the tree of blocks: the largest power of two of blocks on the left, which is where 2k meets 2k + 1.
template <class T>
T tree_sum(const std::vector<T>& blocks, size_t first, size_t count) {
  if (count == 1) return blocks[first];
  size_t left = 1;
  while (left * 2 < count) left *= 2;
  return tree_sum(blocks, first, left) + tree_sum(blocks, first + left, count - left);
}
template <class T>
T sum_in_lanes(const std::vector<T>& numbers) {
  constexpr size_t lanes = 512 / sizeof(T);
  std::vector<T> blocks;
  for (size_t begin = 0; begin < numbers.size(); begin += 64 * lanes) {
    T lane[lanes];
    for (T& x : lane) x = T(-0.0);
    for (size_t k = begin; k < std::min(numbers.size(), begin + 64 * lanes); ++k)
      lane[(k - begin) % lanes] += numbers[k];
    for (size_t half = lanes / 2; half > 0; half /= 2)
      for (size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
    blocks.push_back(lane[0]);
  }
  return blocks.empty() ? T(0) : tree_sum(blocks, 0, blocks.size());
}
template <class T>
T sum_serially(const std::vector<T>& numbers) {
  std::vector<T> blocks;
  for (size_t k = 0; k < numbers.size(); ++k) {
    if (k % 16 == 0)
      blocks.push_back(numbers[k]);
    else
      blocks.back() += numbers[k];
  }
  return blocks.empty() ? T(0) : tree_sum(blocks, 0, blocks.size());
}

template <class T>
void check_sums(size_t count) {
  const std::vector<T> numbers = rough_numbers<T>(count);
  CAPTURE(count);
  CHECK(reduced(Reduction::sum, ReductionOrder::lanes, numbers) == sum_in_lanes(numbers));
  CHECK(reduced(Reduction::sum, ReductionOrder::serial16, numbers) == sum_serially(numbers));
}

TEST_CASE("sums follow the canonical order") {
  MESSAGE("seed " << sample_seed);
  for (size_t count : {0, 1, 2, 15, 16, 17, 63, 64, 65, 129, 4095, 4096, 4097, 8192, 8193, 12289, 20000, 40963}) {
    check_sums<double>(count);
    check_sums<float>(count);
  }
}

TEST_CASE("the orders differ in the last bits, so that the test above can fail") {
  int between_orders = 0, from_serial = 0;
  for (size_t count = 4097; count < 4117; ++count) {
    const std::vector<double> numbers = rough_numbers<double>(count);
    between_orders += sum_in_lanes(numbers) != sum_serially(numbers);
    from_serial += sum_in_lanes(numbers) != std::accumulate(numbers.begin(), numbers.end(), 0.0);
  }
  CHECK(between_orders > 5);
  CHECK(from_serial > 5);
}

TEST_CASE("sums of zeros and of nothing") {
  for (ReductionOrder order : both_orders) {
    CHECK(!std::signbit(reduced<double>(Reduction::sum, order, {})));
    CHECK(std::signbit(reduced<double>(Reduction::sum, order, {-0.0, -0.0, -0.0})));
    CHECK(!std::signbit(reduced<double>(Reduction::sum, order, {-0.0, 0.0, -0.0})));
    CHECK(reduced<float>(Reduction::prod, order, {}) == 1.0f);
    CHECK(reduced<double>(Reduction::moment2, order, {}) == 0.0);
  }
}

/// The moments of numbers[first, first + step, …): count, mean and M2, as the text of the canonical order has them.
struct Moments {
  double count = 0, mean = 0, square = 0;
};
Moments joined(Moments a, Moments b) {
  if (b.count == 0) return a;
  if (a.count == 0) return b;
  const double delta = b.mean - a.mean, count = a.count + b.count, ratio = b.count / count;
  return {count, a.mean + delta * ratio, a.square + b.square + delta * delta * (a.count * ratio)};
}
Moments leaf(const std::vector<double>& numbers, size_t first, size_t step, size_t end) {
  Moments leaf;
  for (size_t k = first; k < end && leaf.count < 16; k += step, ++leaf.count) leaf.mean += numbers[k];
  if (leaf.count == 0) return leaf;
  leaf.mean /= leaf.count;
  for (size_t k = first, row = 0; k < end && row < 16; k += step, ++row)
    leaf.square += (numbers[k] - leaf.mean) * (numbers[k] - leaf.mean);
  return leaf;
}
Moments tree_of_moments(const std::vector<Moments>& blocks, size_t first, size_t count) {
  if (count == 1) return blocks[first];
  size_t left = 1;
  while (left * 2 < count) left *= 2;
  return joined(tree_of_moments(blocks, first, left), tree_of_moments(blocks, first + left, count - left));
}
double moment2_in_lanes(const std::vector<double>& numbers) {
  std::vector<Moments> blocks;
  for (size_t begin = 0; begin < numbers.size(); begin += 4096) {
    const size_t end = std::min(numbers.size(), begin + 4096);
    std::vector<Moments> lane;
    for (size_t l = 0; l < 64; ++l) {
      std::vector<Moments> leaves;
      for (size_t k = 0; k < 4; ++k) leaves.push_back(leaf(numbers, begin + l + k * 1024, 64, end));
      lane.push_back(joined(joined(leaves[0], leaves[1]), joined(leaves[2], leaves[3])));
    }
    for (size_t half = 32; half > 0; half /= 2)
      for (size_t l = 0; l < half; ++l) lane[l] = joined(lane[l], lane[l + half]);
    blocks.push_back(lane[0]);
  }
  return tree_of_moments(blocks, 0, blocks.size()).square;
}
double moment2_serially(const std::vector<double>& numbers) {
  std::vector<Moments> blocks;
  for (size_t begin = 0; begin < numbers.size(); begin += 16) blocks.push_back(leaf(numbers, begin, 1, numbers.size()));
  return tree_of_moments(blocks, 0, blocks.size()).square;
}

TEST_CASE("moment2 follows the canonical order, and is the sum of squared deviations") {
  for (size_t count : {1, 2, 15, 16, 17, 64, 65, 1024, 1025, 4096, 4097, 12289, 20000}) {
    const std::vector<double> numbers = rough_numbers<double>(count);
    CAPTURE(count);
    const double in_lanes = reduced(Reduction::moment2, ReductionOrder::lanes, numbers);
    CHECK(in_lanes == moment2_in_lanes(numbers));
    CHECK(reduced(Reduction::moment2, ReductionOrder::serial16, numbers) == moment2_serially(numbers));
    long double mean = 0, square = 0;
    for (double x : numbers) mean += x;
    mean /= static_cast<long double>(count);
    for (double x : numbers) square += (x - mean) * (x - mean);
    CHECK(in_lanes == doctest::Approx(static_cast<double>(square)).epsilon(1e-13));
  }
}

TEST_CASE("products and integer sums") {
  const std::vector<HostValue> bytes(300, HostValue{DType::uint8, 3});
  const std::vector<HostValue> words(70, HostValue{DType::int64, 3});
  uint64_t power = 1;
  for (size_t k = 0; k < words.size(); ++k) power *= 3;
  for (ReductionOrder order : both_orders) {
    CHECK(reduce_canonically(Reduction::sum, order, DType::uint8, bytes).bits == 900 % 256);
    CHECK(reduce_canonically(Reduction::prod, order, DType::int64, words).bits == power);
    CHECK(reduced<double>(Reduction::prod, order, {1.5, -2, 4}) == -12);
  }
}

TEST_CASE("all and any") {
  const HostValue no{DType::bool_, 0}, yes{DType::bool_, 1};
  const std::vector<HostValue> none, mixed = {yes, no, yes}, affirmed(100, yes), denied(100, no);
  for (ReductionOrder order : both_orders) {
    const auto all = [&](const auto& values) {
      return reduce_canonically(Reduction::all, order, DType::bool_, values).bits;
    };
    const auto any = [&](const auto& values) {
      return reduce_canonically(Reduction::any, order, DType::bool_, values).bits;
    };
    CHECK(all(none) == 1);
    CHECK(any(none) == 0);
    CHECK(all(mixed) == 0);
    CHECK(any(mixed) == 1);
    CHECK(all(affirmed) == 1);
    CHECK(any(denied) == 0);
  }
}

/// -1, 0 or 1 as a ranks below, with or above b; below is what wins for NaN.
template <class T>
bool wins(Reduction reduction, T a, T b) {
  const bool lowest = reduction == Reduction::min || reduction == Reduction::argmin;
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
    if (a == b) return std::signbit(a) != std::signbit(b) && std::signbit(a) == lowest;
  }
  return lowest ? a < b : a > b;
}
template <class T>
size_t winner(Reduction reduction, std::span<const HostValue> values) {
  size_t best = 0;
  for (size_t k = 1; k < values.size(); ++k)
    if (wins(reduction, host_get<T>(values[k]), host_get<T>(values[best]))) best = k;
  return best;
}

void check_extremes(DType dtype, std::span<const HostValue> values) {
  with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (ReductionOrder order : both_orders) {
      for (Reduction reduction : {Reduction::min, Reduction::max})
        CHECK(same(reduce_canonically(reduction, order, dtype, values), values[winner<T>(reduction, values)]));
      for (Reduction reduction : {Reduction::argmin, Reduction::argmax}) {
        const HostValue place = reduce_canonically(reduction, order, dtype, values);
        CHECK(place == HostValue{DType::int64, winner<T>(reduction, values)});
      }
    }
  });
}

TEST_CASE("min, max, argmin and argmax: NaN wins, -0 below +0, the lowest index of ties") {
  std::mt19937_64 random(sample_seed);
  for (DType dtype : computed_dtypes) {
    CAPTURE(name_of(dtype));
    const std::vector<HostValue> pool = special_values(dtype);
    for (size_t count : {1, 2, 3, 17, 64, 100, 200})
      for (int round = 0; round < 8; ++round) {
        std::vector<HostValue> values;  // few different ones, so that ties are common
        const size_t kinds = 1 + random() % 6, start = random() % pool.size();
        for (size_t k = 0; k < count; ++k) values.push_back(pool[(start + random() % kinds) % pool.size()]);
        check_extremes(dtype, values);
      }
  }
}

TEST_CASE("an array of nothing but the neutral element keeps its place") {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<HostValue> high(70, host_value(DType::float64, inf)),
      low(70, host_value(DType::int8, int8_t{-128}));
  CHECK(reduce_canonically(Reduction::argmin, ReductionOrder::lanes, DType::float64, high).bits == 0);
  CHECK(reduce_canonically(Reduction::argmax, ReductionOrder::lanes, DType::int8, low).bits == 0);
}

}  // namespace
}  // namespace fuseval::codegen::test

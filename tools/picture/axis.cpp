// Ticks are integers times a power of ten, so their labels are exact decimals and no rounding shows
// ("0.30000000000000004").
#include "tools/picture/axis.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace fuseval::tools {
namespace {

// x86's 80-bit numbers: ranges as long as double's whole one do not overflow, and all of int64 is exact.
using Wide = long double;

/// Below this share of its values a range has too few doubles for ticks, and below this length their logarithms end.
constexpr double narrowest_share = 1e-13;
constexpr double narrowest = 1e-300;

Wide power_of_ten(int exponent) { return std::pow(Wide{10}, static_cast<Wide>(exponent)); }

/// mantissa * 10^exponent apart, mantissa in 1, 2, 5.
struct Step {
  std::int64_t mantissa;
  int exponent;

  Wide size() const { return static_cast<Wide>(mantissa) * power_of_ten(exponent); }
};

Step next(const Step& step) {
  if (step.mantissa == 5) return {1, step.exponent + 1};
  return {step.mantissa == 1 ? 2 : 5, step.exponent};
}

/// How many multiples of the step lie in the range, and which. A rounding error's width beyond its ends still counts.
struct Multiples {
  std::int64_t first, last;

  Multiples(const Range& range, const Step& step)
      : first(std::llround(std::ceil(range.low / step.size() - Wide{1e-9}))),
        last(std::llround(std::floor(range.high / step.size() + Wide{1e-9}))) {}
};

Step smallest_step(const Range& range, int most, bool integers) {
  const Wide least = (static_cast<Wide>(range.high) - range.low) / most;
  Step step{1, static_cast<int>(std::floor(std::log10(least))) - 1};
  if (integers && step.exponent < 0) step.exponent = 0;
  for (;; step = next(step)) {
    if (step.size() < least * Wide{0.5}) continue;
    const Multiples multiples(range, step);
    if (multiples.last - multiples.first < most) return step;
  }
}

std::string digits_of(std::int64_t whole) { return std::to_string(std::llabs(whole)); }

std::string with_sign(std::int64_t whole, const std::string& text) { return whole < 0 ? "-" + text : text; }

std::string positional(std::int64_t whole, int exponent) {
  std::string digits = digits_of(whole);
  if (exponent >= 0) return with_sign(whole, digits + (whole == 0 ? "" : std::string(exponent, '0')));
  const auto decimals = static_cast<std::size_t>(-exponent);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  return with_sign(whole, digits.insert(digits.size() - decimals, 1, '.'));
}

std::string scientific(std::int64_t whole, int exponent) {
  if (whole == 0) return "0";
  std::string digits = digits_of(whole);
  exponent += static_cast<int>(digits.size()) - 1;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.size() > 1) digits.insert(1, 1, '.');
  return with_sign(whole, digits + "e" + std::to_string(exponent));
}

}  // namespace

double Range::fraction(double value) const {
  return static_cast<double>((static_cast<Wide>(value) - low) / (static_cast<Wide>(high) - low));
}

Range range_of(const Extremes& extremes) {
  if (extremes.finite == 0) return {};
  const Range range{extremes.low, extremes.high};
  const double largest = std::max(std::fabs(range.low), std::fabs(range.high));
  const Wide length = static_cast<Wide>(range.high) - range.low;
  if (length > Wide{narrowest_share} * largest && length > Wide{narrowest}) return range;
  if (largest <= narrowest) return {-1, 1};
  const Wide half = Wide{0.1} * largest;
  return {static_cast<double>(std::max(range.low - half, -Wide{DBL_MAX})),
          static_cast<double>(std::min(range.high + half, Wide{DBL_MAX}))};
}

Range with_margin(const Range& range, double margin) {
  const Wide more = (static_cast<Wide>(range.high) - range.low) * margin;
  return {static_cast<double>(std::max(range.low - more, -Wide{DBL_MAX})),
          static_cast<double>(std::min(range.high + more, Wide{DBL_MAX}))};
}

std::vector<Tick> ticks(const Range& range, int most, bool integers) {
  const Step step = smallest_step(range, std::max(most, 2), integers);
  const Multiples multiples(range, step);
  const Wide largest = std::max(std::fabs(multiples.first * step.size()), std::fabs(multiples.last * step.size()));
  const bool plain = largest == 0 || (largest >= Wide{1e-3} && largest < Wide{1e6});
  std::vector<Tick> result;
  for (std::int64_t k = multiples.first; k <= multiples.last; ++k) {
    const std::int64_t whole = k * step.mantissa;
    const Wide value = step.exponent < 0 ? whole / power_of_ten(-step.exponent) : whole * power_of_ten(step.exponent);
    result.push_back(
        {static_cast<double>(value), plain ? positional(whole, step.exponent) : scientific(whole, step.exponent)});
  }
  return result;
}

std::vector<Tick> fitting_ticks(const Range& range, double length, bool integers,
                                const std::function<double(const std::string&)>& extent) {
  const auto most_at_all = static_cast<int>(std::clamp(length / extent("0"), 2.0, 12.0));
  for (int most = most_at_all;; --most) {
    std::vector<Tick> result = ticks(range, most, integers);
    double largest = 0;
    for (const Tick& tick : result) largest = std::max(largest, extent(tick.label));
    const double apart =
        result.size() < 2 ? length : length * (range.fraction(result[1].value) - range.fraction(result[0].value));
    if (apart >= largest || most <= 2) return result;
  }
}

}  // namespace fuseval::tools

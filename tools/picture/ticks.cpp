// Ticks are integers times a power of ten, so their labels are exact decimals and no rounding shows
// ("0.30000000000000004").
#include "tools/picture/ticks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "tools/picture/tick_text.hpp"

namespace fuseval::tools {
namespace {

// x86's 80-bit numbers: ranges as long as double's whole one do not overflow, and all of int64 is exact.
using Wide = long double;

Wide power_of_ten(int exponent) { return std::pow(Wide{10}, static_cast<Wide>(exponent)); }

double number_of(std::int64_t whole, int exponent) {
  return static_cast<double>(exponent < 0 ? static_cast<Wide>(whole) / power_of_ten(-exponent)
                                          : static_cast<Wide>(whole) * power_of_ten(exponent));
}

// ---- linear ----

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

/// What all labels between two numbers are better off without, as matplotlib has it: their common first digits where
/// these are four or more, also where the numbers lie close around a rounder one. 0: nothing.
std::int64_t offset_of(std::int64_t first, std::int64_t last) {
  if (first <= 0 && last >= 0) return 0;
  const auto a = static_cast<std::uint64_t>(std::min(std::llabs(first), std::llabs(last)));
  const auto b = static_cast<std::uint64_t>(std::max(std::llabs(first), std::llabs(last)));
  std::uint64_t power = 1;
  while (a / power != b / power) power *= 10;  // at most 10^19, of which both hold none
  if (b - a <= power / 100)
    for (power = 1; b / power - a / power > 1;) power *= 10;
  if (b / power < 1000) return 0;
  const auto offset = static_cast<std::int64_t>(b / power * power);
  return first < 0 ? -offset : offset;
}

std::string offset_text(std::int64_t offset, int exponent) {
  const std::string sign = offset > 0 ? "+" : "";
  if (!is_plain(magnitude_of(offset, exponent))) return sign + scientific(offset, exponent);
  for (; exponent < 0 && offset % 10 == 0; ++exponent) offset /= 10;
  return sign + positional(offset, exponent);
}

Ticks linear_ticks(const Range& range, int most, bool integers) {
  const Step step = smallest_step(range, most, integers);
  const Multiples multiples(range, step);
  const std::int64_t first = multiples.first * step.mantissa, last = multiples.last * step.mantissa;
  const std::int64_t offset = first < last ? offset_of(first, last) : 0;
  const std::int64_t largest = std::max(std::llabs(first - offset), std::llabs(last - offset));
  const int magnitude = magnitude_of(largest, step.exponent);
  const int exponent = is_plain(magnitude) ? 0 : magnitude;
  Ticks result;
  if (exponent != 0) result.common = "x1e" + std::to_string(exponent);
  if (offset != 0) result.common += (exponent != 0 ? " " : "") + offset_text(offset, step.exponent);
  for (std::int64_t whole = first; whole <= last; whole += step.mantissa)
    result.marks.push_back({number_of(whole, step.exponent), positional(whole - offset, step.exponent - exponent)});
  return result;
}

// ---- logarithmic ----

constexpr int most_divided_decades = 10;  ///< with more, their multiples are too dense to be marked

/// Powers of ten in the range. A rounding error's width beyond its ends still counts.
struct Decades {
  int first, last;

  explicit Decades(const Range& range)
      : first(static_cast<int>(std::ceil(std::log10(Wide{range.low}) - Wide{1e-9}))),
        last(static_cast<int>(std::floor(std::log10(Wide{range.high}) + Wide{1e-9}))) {}
  int count() const { return last - first + 1; }
};

struct Mark {
  int mantissa, exponent;
  bool is_labelled;
};

std::vector<Tick> labelled(const std::vector<Mark>& marks) {
  const bool plain = std::all_of(marks.begin(), marks.end(), [](const Mark& mark) {
    return !mark.is_labelled || (mark.exponent >= -3 && mark.exponent <= 4);
  });
  std::vector<Tick> ticks;
  for (const auto& [mantissa, exponent, is_labelled] : marks)
    ticks.push_back({number_of(mantissa, exponent), !is_labelled ? ""
                                                    : plain      ? positional(mantissa, exponent)
                                                                 : scientific(mantissa, exponent)});
  return ticks;
}

/// Multiples of powers of ten within the range, labelled where is_labelled(mantissa, exponent).
template <class IsLabelled>
std::vector<Mark> marks_in(const Range& range, const Decades& decades, bool divided, IsLabelled is_labelled) {
  std::vector<Mark> marks;
  for (int exponent = decades.first - 1; exponent <= decades.last; ++exponent)
    for (int mantissa = 1; mantissa <= (divided ? 9 : 1); ++mantissa) {
      const double fraction = range.fraction(number_of(mantissa, exponent));
      if (fraction > -1e-9 && fraction < 1 + 1e-9)
        marks.push_back({mantissa, exponent, is_labelled(mantissa, exponent)});
    }
  return marks;
}

Ticks logarithmic_ticks(const Range& range, int most, bool integers) {
  const Decades decades(range);
  if (decades.count() >= 2) {
    const int every = (decades.count() + most - 1) / most;
    const bool divided = every == 1 && decades.count() <= most_divided_decades;
    return {labelled(marks_in(
                range, decades, divided,
                [&](int mantissa, int exponent) { return mantissa == 1 && (exponent - decades.first) % every == 0; })),
            ""};
  }
  const auto is_round = [&](int mantissa, int) {
    return mantissa == 1 || (most > 3 && (mantissa == 2 || mantissa == 5));
  };
  const std::vector<Mark> marks = marks_in(range, decades, true, is_round);
  const auto count = std::count_if(marks.begin(), marks.end(), [](const Mark& mark) { return mark.is_labelled; });
  return count >= 2 ? Ticks{labelled(marks), ""} : linear_ticks(range, most, integers);
}

/// The least distance between neighbouring labelled ticks, as a share of the range; 1 if there is none.
double least_distance(const Range& range, const std::vector<Tick>& marks) {
  double least = 1;
  std::optional<double> before;
  for (const Tick& tick : marks) {
    if (tick.label.empty()) continue;
    const double at = range.fraction(tick.value);
    if (before) least = std::min(least, at - *before);
    before = at;
  }
  return least;
}

}  // namespace

Ticks ticks(const Range& range, int most, bool integers) {
  most = std::max(most, 2);
  return range.scale == Scale::logarithmic ? logarithmic_ticks(range, most, integers)
                                           : linear_ticks(range, most, integers);
}

Ticks fitting_ticks(const Range& range, double length, bool integers,
                    const std::function<double(const std::string&)>& extent) {
  const auto most_at_all = static_cast<int>(std::clamp(length / extent("0"), 2.0, 12.0));
  for (int most = most_at_all;; --most) {
    Ticks result = ticks(range, most, integers);
    double largest = 0;
    for (const Tick& tick : result.marks) largest = std::max(largest, tick.label.empty() ? 0 : extent(tick.label));
    if (length * least_distance(range, result.marks) >= largest || most <= 2) return result;
  }
}

}  // namespace fuseval::tools

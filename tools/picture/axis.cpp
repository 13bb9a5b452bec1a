#include "tools/picture/axis.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <string>

#include "tools/picture/tick_text.hpp"

namespace fuseval::tools {
namespace {

// x86's 80-bit numbers: ranges as long as double's whole one do not overflow.
using Wide = long double;

/// Below this share of its values a range has too few doubles for ticks, and below this length their logarithms end.
constexpr double narrowest_share = 1e-13;
constexpr double narrowest = 1e-300;

double finite(Wide value) { return static_cast<double>(std::clamp(value, -Wide{DBL_MAX}, Wide{DBL_MAX})); }

double positive(Wide value) { return static_cast<double>(std::clamp(value, Wide{DBL_MIN}, Wide{DBL_MAX})); }

Range logarithmic_range(const Extremes& extremes) {
  if (extremes.finite == 0) return {1, 10, Scale::logarithmic};
  const Wide low = extremes.low, high = extremes.high;
  if (high / low > 1 + Wide{1e-9}) return {extremes.low, extremes.high, Scale::logarithmic};
  return {positive(low / 10), positive(high * 10), Scale::logarithmic};
}

}  // namespace

double Range::fraction(double value) const {
  if (scale == Scale::logarithmic) {
    const Wide from = std::log10(Wide{low});
    return static_cast<double>((std::log10(Wide{value}) - from) / (std::log10(Wide{high}) - from));
  }
  return static_cast<double>((static_cast<Wide>(value) - low) / (static_cast<Wide>(high) - low));
}

Range range_of(const Extremes& extremes, Scale scale) {
  if (scale == Scale::logarithmic) return logarithmic_range(extremes);
  if (extremes.finite == 0) return {};
  const Range range{extremes.low, extremes.high};
  const double largest = std::max(std::fabs(range.low), std::fabs(range.high));
  const Wide length = static_cast<Wide>(range.high) - range.low;
  if (length > Wide{narrowest_share} * largest && length > Wide{narrowest}) return range;
  if (largest <= narrowest) return {-1, 1};
  const Wide half = Wide{0.1} * largest;
  return {finite(range.low - half), finite(range.high + half)};
}

Range with_margin(const Range& range, double margin) {
  if (range.scale == Scale::logarithmic) {
    const Wide more = std::pow(Wide{range.high} / range.low, Wide{margin});
    return {positive(range.low / more), positive(range.high * more), range.scale};
  }
  const Wide more = (static_cast<Wide>(range.high) - range.low) * margin;
  return {finite(range.low - more), finite(range.high + more)};
}

Range limited(const Range& range, const AxisLimits& limits, const char* name) {
  const Range result{limits.low.value_or(range.low), limits.high.value_or(range.high), range.scale};
  const auto refuse = [&](const std::string& why) {
    throw Error(FV_ERROR_ARGUMENT, std::string("no picture: the range of ") + name + ", " + short_number(result.low) +
                                       " to " + short_number(result.high) + ", " + why);
  };
  if (result.low >= result.high) refuse("does not ascend");
  if (range.scale == Scale::logarithmic && result.low <= 0) refuse("is not positive, as a logarithmic axis has to be");
  // What doubles cannot divide into ticks is widened as the data's own ranges are.
  return limits.low || limits.high ? range_of({result.low, result.high, 1, 0, 0, 0}, range.scale) : result;
}

}  // namespace fuseval::tools

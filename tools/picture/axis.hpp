// Axes: ranges of numbers, and where a value lies in one.
#pragma once

#include <optional>

#include "tools/picture/extremes.hpp"

namespace fuseval::tools {

struct Range {
  double low = 0;
  double high = 1;
  Scale scale = Scale::linear;

  /// 0 at low, 1 at high; any finite values, also where high - low overflows. On a logarithmic scale all are positive.
  double fraction(double value) const;
};

/// The extremes, widened where they are one number or too close for doubles to tell steps between them apart; 0 to 1
/// (1 to 10 on a logarithmic scale) where there are none.
Range range_of(const Extremes& extremes, Scale scale = Scale::linear);

/// With a margin at both ends, a fraction of its length on its scale; stays finite.
Range with_margin(const Range& range, double margin);

/// Ends of an axis that its user chose; each may be left to the data.
struct AxisLimits {
  std::optional<double> low, high;

  bool hold(double value) const { return (!low || value >= *low) && (!high || value <= *high); }
};

/// With the chosen ends in place of its own. Error(FV_ERROR_ARGUMENT): the ends would not ascend, or are not positive
/// on a logarithmic scale. `name`: the axis, for the error.
Range limited(const Range& range, const AxisLimits& limits, const char* name);

}  // namespace fuseval::tools

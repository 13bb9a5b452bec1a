// Axes: ranges of numbers, and the round numbers that mark them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/picture/extremes.hpp"

namespace fuseval::tools {

struct Range {
  double low = 0;
  double high = 1;

  /// 0 at low, 1 at high; any finite values, also where high - low overflows.
  double fraction(double value) const;
};

/// The extremes, widened where they are one number or too close for doubles to tell steps between them apart; 0 to 1
/// where there are none.
Range range_of(const Extremes& extremes);

/// With a margin at both ends, a fraction of its length; stays finite.
Range with_margin(const Range& range, double margin);

struct Tick {
  double value = 0;
  std::string label;  ///< ASCII: "-0.25", "1.5e7"
};

/// Multiples of 1, 2 or 5 times a power of ten within the range, at most `most` (at least 2) of them: "nice numbers for
/// graph labels", P. Heckbert, Graphics Gems, 1990. `integers`: of no fraction of 1.
std::vector<Tick> ticks(const Range& range, int most, bool integers = false);

/// The most ticks whose labels lie apart along an axis of some length; extent(label) is what a label takes along it,
/// its distance to the next included.
std::vector<Tick> fitting_ticks(const Range& range, double length, bool integers,
                                const std::function<double(const std::string&)>& extent);

}  // namespace fuseval::tools

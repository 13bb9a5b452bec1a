#include "tools/picture/extremes.hpp"

#include <algorithm>

namespace fuseval::tools {

Extremes extremes_of(const Elements& elements) {
  Extremes extremes;
  std::int64_t infinite = 0;
  elements.each([&](double value) {
    if (is_finite(value)) {
      extremes.low = std::min(extremes.low, value);
      extremes.high = std::max(extremes.high, value);
      ++extremes.finite;
    } else {
      infinite += value == value;
    }
  });
  extremes.infinite = infinite;
  extremes.nans = elements.count() - extremes.finite - infinite;
  return extremes;
}

Extremes united(const Extremes& a, const Extremes& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.finite + b.finite, a.nans + b.nans,
          a.infinite + b.infinite};
}

}  // namespace fuseval::tools

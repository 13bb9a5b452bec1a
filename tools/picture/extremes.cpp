#include "tools/picture/extremes.hpp"

#include <algorithm>

namespace fuseval::tools {

Extremes extremes_of(const Elements& elements, Scale scale) {
  Extremes extremes;
  elements.each([&](double value) { extremes.take(value, scale); });
  return extremes;
}

Extremes united(const Extremes& a, const Extremes& b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high), a.finite + b.finite,
          a.nans + b.nans,        a.infinite + b.infinite,  a.not_positive + b.not_positive};
}

}  // namespace fuseval::tools

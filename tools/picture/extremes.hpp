// The range of an array's elements.
#pragma once

#include <cstdint>
#include <limits>

#include "tools/picture/elements.hpp"

namespace fuseval::tools {

struct Extremes {
  double low = std::numeric_limits<double>::infinity();  ///< of the finite elements
  double high = -std::numeric_limits<double>::infinity();
  std::int64_t finite = 0;
  std::int64_t nans = 0;
  std::int64_t infinite = 0;
};

/// In one pass.
Extremes extremes_of(const Elements& elements);

/// Of both.
Extremes united(const Extremes& a, const Extremes& b);

}  // namespace fuseval::tools

// The range of an array's elements.
#pragma once

#include <cstdint>
#include <limits>

#include "tools/picture/elements.hpp"

namespace fuseval::tools {

enum class Scale { linear, logarithmic };

/// Whether a scale has a place for a value.
inline bool has_place(Scale scale, double value) { return is_finite(value) && (scale == Scale::linear || value > 0); }

struct Extremes {
  double low = std::numeric_limits<double>::infinity();  ///< of the finite elements that the scale has a place for
  double high = -std::numeric_limits<double>::infinity();
  std::int64_t finite = 0;  ///< those
  std::int64_t nans = 0;
  std::int64_t infinite = 0;
  std::int64_t not_positive = 0;  ///< finite, but without a place on a logarithmic scale

  void take(double value, Scale scale) {
    if (has_place(scale, value)) {
      low = value < low ? value : low;
      high = value > high ? value : high;
      ++finite;
    } else {
      ++(is_finite(value) ? not_positive : value == value ? infinite : nans);
    }
  }
};

/// In one pass.
Extremes extremes_of(const Elements& elements, Scale scale = Scale::linear);

/// Of both.
Extremes united(const Extremes& a, const Extremes& b);

}  // namespace fuseval::tools

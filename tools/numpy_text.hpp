// Arrays as NumPy 2 prints them.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "fuseval/fuseval.h"

namespace fuseval::tools {

/// numpy.set_printoptions(), with its defaults.
struct PrintOptions {
  /// A threshold that no array has.
  static constexpr std::int64_t no_threshold = std::numeric_limits<std::int64_t>::max();

  int precision = 8;              ///< digits after the point, at most
  std::int64_t threshold = 1000;  ///< arrays of more elements are abbreviated
  std::int64_t edge_items = 3;    ///< to so many first and last ones along each axis
  int line_width = 75;            ///< characters; at least 10
};

/// str() of the array under these options. Rank 0: the number as Python shows it. No newline at the end.
std::string numpy_text(const fv_view& array, const PrintOptions& options = {});
/// The same of an array of these extents, of which `shown` has what the text shows: along an axis that is abbreviated
/// the first and the last elements.
std::string numpy_text(const fv_view& shown, const std::int64_t* extents, const PrintOptions& options = {});

}  // namespace fuseval::tools

// Where an image's rows and columns lie on its axes.
#pragma once

#include <optional>

#include "tools/picture/axis.hpp"
#include "tools/picture/elements.hpp"

namespace fuseval::tools {

/// Neighbouring rows or columns, and the axis from the first one's border to the last one's.
struct GridSpan {
  std::int64_t first = 0, count = 0;
  bool descends = false;  ///< the values on the axis fall from one element to the next
  Range range;
};

/// Of `count` rows or columns those whose middles lie within the limits. `places`: their middles, evenly spaced;
/// without them, indices. `name`: "x" or "y", for errors. Errors: FV_ERROR_SHAPE for places that are not 1-D or not as
/// many; FV_ERROR_ARGUMENT for places that are not evenly spaced, and where none is within the limits.
GridSpan grid_span(std::int64_t count, const std::optional<Elements>& places, const AxisLimits& limits,
                   const char* name);

/// These rows and columns of an array of two or more dimensions; reversed, the last one comes first.
Elements part_of(const Elements& elements, const GridSpan& rows, bool reverse_rows, const GridSpan& columns,
                 bool reverse_columns);

}  // namespace fuseval::tools

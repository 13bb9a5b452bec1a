// A 1-D array as the points of a line.
#pragma once

#include <vector>

#include "tools/picture/elements.hpp"
#include "tools/picture/geometry.hpp"

namespace fuseval::tools {

/// A line in pieces: elements that are not finite are gaps. x is the index, y the value.
using LinePieces = std::vector<std::vector<Point>>;

/// Of arrays that have more than 4 elements a column, each column's first, smallest, largest and last finite elements:
/// the line through them covers the same pixels as the line through all (M4: U. Jugel et al., "M4: a
/// visualization-oriented time series data aggregation", VLDB 2014), so that no spike is lost. Columns without finite
/// elements are gaps.
LinePieces line_points(const Elements& elements, int columns);

}  // namespace fuseval::tools

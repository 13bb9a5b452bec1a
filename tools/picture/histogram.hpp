// How many elements of an array lie in which of equally wide bins.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/picture/extremes.hpp"

namespace fuseval::tools {

struct Histogram {
  std::vector<double> edges;  ///< ascending, one more than bins; a bin holds its lower edge, the last one its upper too
  std::vector<std::int64_t> counts;
};

/// Of the finite elements, of which there must be one. The number of bins is that of NumPy's rule 'auto' and at most
/// `most`: width min(max(Freedman and Diaconis, half of the square-root rule), Sturges). Quartiles are those of every
/// k-th element where there are more than 2^20. Bins of bools and of integers within 2^52 are whole numbers wide, and
/// begin and end half-way between integers.
Histogram histogram_of(const Elements& elements, const Extremes& extremes, int most);

}  // namespace fuseval::tools

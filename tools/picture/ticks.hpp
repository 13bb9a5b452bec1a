// The round numbers that mark an axis.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/picture/axis.hpp"

namespace fuseval::tools {

struct Tick {
  double value = 0;
  std::string label;  ///< ASCII: "-0.25", "1e-7"; "": a minor tick
};

struct Ticks {
  std::vector<Tick> marks;
  std::string common;  ///< what the labels leave out: "x1e-7 +1e6" says that the value is label * 1e-7 + 1e6; mostly ""
};

/// Linear: multiples of 1, 2 or 5 times a power of ten within the range, at most `most` (at least 2) of them: "nice
/// numbers for graph labels", P. Heckbert, Graphics Gems, 1990. Logarithmic: powers of ten, with their multiples as
/// minor ticks; or where there is only one, 1, 2 and 5 times it. `integers`: of no fraction of 1.
Ticks ticks(const Range& range, int most, bool integers = false);

/// The most ticks whose labels lie apart along an axis of some length; extent(label) is what a label takes along it,
/// its distance to the next included.
Ticks fitting_ticks(const Range& range, double length, bool integers,
                    const std::function<double(const std::string&)>& extent);

}  // namespace fuseval::tools

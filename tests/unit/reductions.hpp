// The reductions that the tests of every backend go through.
#pragma once

#include "ir/loops.hpp"

namespace fuseval::test {

inline constexpr Reduction all_reductions[] = {Reduction::sum,    Reduction::prod,   Reduction::min,
                                               Reduction::max,    Reduction::all,    Reduction::any,
                                               Reduction::argmin, Reduction::argmax, Reduction::moment2};

/// What bind and lower make: all and any take bool; sum and prod promote small integers; moment2 is of floats.
inline bool occurs(Reduction reduction, DType dtype) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::prod:
      return is_float(dtype) || dtype == DType::int64 || dtype == DType::uint64;
    case Reduction::all:
    case Reduction::any:
      return is_bool(dtype);
    case Reduction::moment2:
      return is_float(dtype);
    default:
      return true;
  }
}

}  // namespace fuseval::test

// A box of a call that may be stopped, in boxes that are short even where every element is as dear as it can be.
#pragma once

#include <algorithm>
#include <span>

#include "engine/base/run_control.hpp"
#include "engine/cpu/partition.hpp"
#include "ir/shape.hpp"

namespace fuseval::engine {

/// A whole vector, and a cache line of most dtypes.
inline constexpr int64_t vector_grain = 16;

/// f(lower, upper, position) for consecutive boxes, as long as the call goes on. position: elements of the whole box
/// before this one, in C order. dearest: nanoseconds of an element at most. grain: of the last axis.
template <class F>
void each_short_box(int rank, const int64_t* lower, const int64_t* upper, double dearest, int64_t grain,
                    const RunControl& control, F&& f) {
  const double boxes = static_cast<double>(box_count(rank, lower, upper)) * dearest / RunControl::longest_nanoseconds;
  if (boxes <= 1) return f(lower, upper, int64_t{0});
  int64_t extents[max_rank], from[max_rank], to[max_rank];
  for (int axis = 0; axis < rank; ++axis) extents[axis] = upper[axis] - lower[axis];
  const Partition partition({extents, static_cast<size_t>(rank)}, static_cast<int64_t>(std::min(boxes, 1e15)) + 1,
                            grain);
  int64_t position = 0;
  for (int64_t k = 0; k < partition.count(); ++k) {
    if (k > 0 && !control.goes_on()) return;
    partition.box(k, from, to);
    for (int axis = 0; axis < rank; ++axis) from[axis] += lower[axis], to[axis] += lower[axis];
    f(from, to, position);
    position += box_count(rank, from, to);
  }
}

}  // namespace fuseval::engine

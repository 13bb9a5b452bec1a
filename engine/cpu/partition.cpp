#include "engine/cpu/partition.hpp"

#include <algorithm>

namespace fuseval::engine {
namespace {

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

Partition::Partition(std::span<const int64_t> extents, int64_t pieces, int64_t grain) : extents_(extents) {
  if (extents.empty()) return;
  while (split_ + 1 < extents.size() && prefix_ * extents[split_] < pieces) prefix_ *= extents[split_++];
  const int64_t extent = extents[split_];
  const bool last = split_ + 1 == extents.size();
  const int64_t step = last ? grain : 1;
  const int64_t wanted = std::max<int64_t>(1, divide_up(pieces, prefix_));
  length_ = std::max(step, divide_up(divide_up(extent, wanted), step) * step);
  ranges_ = std::max<int64_t>(1, divide_up(extent, length_));
}

Partition Partition::of_ranges(std::span<const int64_t> extents, size_t split, int64_t length) {
  Partition result(extents);
  result.split_ = split;
  for (size_t axis = 0; axis < split; ++axis) result.prefix_ *= extents[axis];
  result.length_ = length;
  result.ranges_ = std::max<int64_t>(1, divide_up(extents[split], length));
  return result;
}

void Partition::box(int64_t piece, int64_t* lower, int64_t* upper) const {
  if (extents_.empty()) return;
  int64_t prefix = piece / ranges_;
  const int64_t range = piece % ranges_;
  for (size_t axis = split_; axis-- > 0;) {
    lower[axis] = prefix % extents_[axis];
    upper[axis] = lower[axis] + 1;
    prefix /= extents_[axis];
  }
  lower[split_] = range * length_;
  upper[split_] = std::min(extents_[split_], lower[split_] + length_);
  for (size_t axis = split_ + 1; axis < extents_.size(); ++axis) {
    lower[axis] = 0;
    upper[axis] = extents_[axis];
  }
}

}  // namespace fuseval::engine

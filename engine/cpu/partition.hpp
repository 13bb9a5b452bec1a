// Partition: an iteration space cut into boxes of nearly equal size.
#pragma once

#include <cstdint>
#include <span>

namespace fuseval::engine {

/// Cuts the axes before `split` into single indices and axis `split` into ranges. Later axes stay whole.
class Partition {
 public:
  /// About `pieces` boxes; ranges of the last axis are at least `grain` long and multiples of it.
  Partition(std::span<const int64_t> extents, int64_t pieces, int64_t grain);
  /// Ranges of `length` of axis `split`.
  static Partition of_ranges(std::span<const int64_t> extents, size_t split, int64_t length);

  int64_t count() const { return prefix_ * ranges_; }
  /// Writes bounds of the axes given to the constructor.
  void box(int64_t piece, int64_t* lower, int64_t* upper) const;

 private:
  explicit Partition(std::span<const int64_t> extents) : extents_(extents) {}

  std::span<const int64_t> extents_;
  size_t split_ = 0;
  int64_t prefix_ = 1;
  int64_t ranges_ = 1;
  int64_t length_ = 0;
};

/// Points of the box lower[axis] <= index[axis] < upper[axis].
inline int64_t box_count(int rank, const int64_t* lower, const int64_t* upper) {
  int64_t count = 1;
  for (int axis = 0; axis < rank; ++axis) count *= upper[axis] - lower[axis];
  return count;
}

}  // namespace fuseval::engine

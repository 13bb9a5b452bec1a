// Shapes, broadcasting, and views as affine index maps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fuseval {

using Shape = std::vector<int64_t>;

inline constexpr int max_rank = 64;

/// Product of the extents. Throws Error(memory) when it is beyond most_elements (ir/checked.hpp); extents of 0 do not
/// excuse the others, as in NumPy.
int64_t element_count(const Shape& shape);
/// NumPy's way to print a shape: "()", "(3,)", "(2, 3)".
std::string to_string(const Shape& shape);
/// numpy.broadcast_shapes of two; throws Error(shape) naming both.
Shape broadcast_shapes(const Shape& a, const Shape& b);
/// Whether an array of shape `from` broadcasts to exactly `to`.
bool broadcasts_to(const Shape& from, const Shape& to);
/// Byte strides of a C-ordered array; along an extent of 0, those of an extent of 1. Throws Error(memory).
std::vector<int64_t> c_strides(const Shape& shape, int64_t itemsize);
/// axis in [-rank, rank) to [0, rank); throws Error(axis).
int normalise_axis(int64_t axis, int rank);

/// One affine map from the indices of a view to those of its source:
///   source[s] = offset[s] + sum over k of stride[s][k] * index[k].
/// Slices, steps, flips, transposes, newaxis, broadcasts, diagonals and splits of an axis are all it; they compose and
/// never copy. A newaxis or broadcast axis k has stride[s][k] == 0 for every s.
struct AffineView {
  int source_rank = 0;
  Shape shape;                  ///< of the view
  std::vector<int64_t> offset;  ///< [source_rank]
  std::vector<int64_t> stride;  ///< [source_rank * rank], row-major

  int rank() const { return static_cast<int>(shape.size()); }
  int64_t at(int source_axis, int axis) const { return stride[static_cast<size_t>(source_axis * rank() + axis)]; }
  int64_t& at(int source_axis, int axis) { return stride[static_cast<size_t>(source_axis * rank() + axis)]; }
  bool operator==(const AffineView&) const = default;

  /// A map with all strides and offsets 0.
  static AffineView zero(int source_rank, Shape shape);
  static AffineView identity(const Shape& shape);
  /// NumPy broadcasting: trailing axes align, extent 1 repeats. The caller has checked that it fits.
  static AffineView broadcast(const Shape& source, const Shape& target);
  /// permutation[k] = source axis of view axis k.
  static AffineView transpose(const Shape& source, const std::vector<int>& permutation);
  /// Axis `axis` starts at `start` and goes by `step` for `extent` elements.
  static AffineView slice(const Shape& source, int axis, int64_t start, int64_t step, int64_t extent);
  /// Axis `axis` fixed at `index` and dropped.
  static AffineView pick(const Shape& source, int axis, int64_t index);
  /// A new axis of extent 1 before axis `position`.
  static AffineView new_axis(const Shape& source, int position);
  /// Axis `axis`, of extent 1, dropped.
  static AffineView drop_axis(const Shape& source, int axis);
};

/// inner maps its indices to the source; outer maps its indices to those of inner. The result maps outer's to the
/// source.
AffineView compose(const AffineView& outer, const AffineView& inner);
bool is_identity(const AffineView& view, const Shape& source);

}  // namespace fuseval

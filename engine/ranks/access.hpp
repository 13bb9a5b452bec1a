// Accesses: which elements of a global array an operand of a loop nest touches, told in indexes of that array.
//
// Plans for ranks are lowered as if every array lay in C order as a whole. An operand's strides are then those of an
// affine map from the nest's indexes to the array's: the digits of its offset in the mixed radix of the array's extents
// are the index that the nest's origin meets, and one step along an axis changes the digits by that axis's
// coefficients. The map is the right one if it stays inside the array for every index of the nest. If it does not, the
// array is read through a reshape, and what is known is the element's position in C order.
#pragma once

#include <optional>
#include <vector>

#include "engine/world/box.hpp"
#include "ir/loops.hpp"

namespace fuseval::engine {

/// Memory of a box of a global array: `lower` lies at byte 0.
struct BoxPlace {
  Box box;
  std::vector<int64_t> strides;  ///< bytes
};

class Access {
 public:
  /// The operand reads or writes an array of this shape, which has elements, as does the nest.
  Access(const LoopNest& nest, const Operand& operand, const Shape& shape);

  /// Whether the array is read through a reshape: elements are then known by their positions in C order, and memory
  /// for them must lie in C order.
  bool is_flat() const { return flat_; }
  /// The smallest box with all that is touched at these indexes of the nest.
  Box touched(const Box& indexes) const;
  /// What adds to an index of the array's axis: origin + sum over the nest's axes of step * index. Not of a flat one.
  int64_t origin(int array_axis) const { return origin_[static_cast<size_t>(array_axis)]; }
  int64_t step(int array_axis, int nest_axis) const {
    return coefficient(static_cast<size_t>(array_axis), static_cast<size_t>(nest_axis));
  }
  /// The same of the position in C order.
  int64_t flat_origin() const { return flat_origin_; }
  int64_t flat_step(int nest_axis) const { return flat_steps_[static_cast<size_t>(nest_axis)]; }
  /// The positions in C order [first, last) between which all lie that is touched.
  std::pair<int64_t, int64_t> range(const Box& indexes) const;

  /// The operand for memory that has what it touches.
  Operand placed(const Operand& operand, const BoxPlace& place) const;

 private:
  int64_t& coefficient(size_t array_axis, size_t nest_axis) { return map_[array_axis * rank_ + nest_axis]; }
  int64_t coefficient(size_t array_axis, size_t nest_axis) const { return map_[array_axis * rank_ + nest_axis]; }
  bool stays_inside(const LoopNest& nest) const;

  Shape shape_;
  size_t rank_;
  int64_t itemsize_;
  bool flat_ = false;
  std::vector<int64_t> origin_, map_;  // [array axis]; [array axis * rank_ + nest axis]
  int64_t flat_origin_ = 0;
  std::vector<int64_t> flat_steps_;  // [nest axis]
};

/// The position in C order of a box's lower corner.
int64_t position_of(const Shape& shape, const std::vector<int64_t>& index);
/// Whether memory with these strides has the box's elements one after another in C order.
bool is_c_contiguous(const Shape& shape, const std::vector<int64_t>& strides, int64_t itemsize);

}  // namespace fuseval::engine

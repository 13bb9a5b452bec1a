// How the elements of a caller's array lie in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/shape.hpp"

namespace fuseval {

/// Shape and byte strides of a caller's array.
struct ArrayLayout {
  Shape shape;
  std::vector<int64_t> strides;
};

/// The lowest and one past the highest byte that elements take, relative to the data pointer.
struct ByteExtent {
  int64_t begin = 0;
  int64_t end = 0;
};
inline size_t bytes_of(const ByteExtent& extent) { return static_cast<size_t>(extent.end - extent.begin); }

/// Empty when an element is farther than farthest_byte (ir/checked.hpp) from the data pointer; of an array without
/// elements: nothing, whatever its strides.
std::optional<ByteExtent> extent_of(const ArrayLayout& layout, int64_t itemsize);

/// The same elements at the same places, with strides of C order along axes that do not move: those of extent 1, and
/// all of an array without elements. Nothing can be said of what a caller gives there.
ArrayLayout settled(ArrayLayout layout, int64_t itemsize);

}  // namespace fuseval

// Boxes: parts of a global array's index space.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/shape.hpp"

namespace fuseval::engine {

/// The elements lower[k] <= index[k] < upper[k]; of rank 0: the one element.
struct Box {
  std::vector<int64_t> lower, upper;

  static Box whole(const Shape& shape) { return {std::vector<int64_t>(shape.size(), 0), shape}; }
  static Box empty(size_t rank) { return {std::vector<int64_t>(rank, 0), std::vector<int64_t>(rank, 0)}; }

  bool is_empty() const;
  int64_t count() const;
  /// Extents; all of an empty box's are there, too.
  Shape shape() const;
  bool contains(const Box& other) const;
  bool operator==(const Box&) const = default;
};

bool have_common(const Box& a, const Box& b);
/// Empty boxes of the same rank where they have nothing in common.
Box intersection(const Box& a, const Box& b);
/// The smallest box with both in it; an empty one adds nothing.
Box hull(const Box& a, const Box& b);
/// The smallest box that has the elements [first, last) of a C-ordered array of this shape.
Box box_of_range(const Shape& shape, int64_t first, int64_t last);
/// "[2:5, 0:7]"
std::string describe(const Box& box);

}  // namespace fuseval::engine

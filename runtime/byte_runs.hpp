// Where a part of an array lies in a file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ir/shape.hpp"

namespace fuseval::runtime {

/// Ranges of bytes of one length and distance: [first + k * pitch, … + bytes).
struct ByteRuns {
  size_t first = 0;
  size_t bytes = 0;
  size_t pitch = 0;
  size_t count = 0;

  size_t total() const { return bytes * count; }
};

/// The elements with lower <= index[axis] < upper of an array in C order, whose bytes are below 2^63.
ByteRuns runs_of_block(const Shape& shape, int axis, int64_t lower, int64_t upper, int64_t itemsize);

}  // namespace fuseval::runtime

// The elements of strided arrays as one stream of bytes.
#pragma once

#include <cstddef>
#include <functional>

#include "runtime/buffer.hpp"

namespace fuseval::runtime {

/// Extents of 1 and empty arrays are contiguous whatever their strides are, as in NumPy.
bool is_c_contiguous(const ArrayView& view);
/// The same elements with the axes from last to first.
ArrayView transposed(ArrayView view);

/// Gives all elements in C order to `take`, piece by piece: in one if the view is C-contiguous.
void stream_elements(const ArrayView& view, const std::function<void(const char* data, size_t bytes)>& take);

}  // namespace fuseval::runtime

// fv_view at the boundary: validation, and comparison with what a specialisation was made for, without allocating.
#pragma once

#include <cstdint>
#include <string>

#include "fuseval/fuseval.h"
#include "ir/dtype.hpp"
#include "ir/layout.hpp"
#include "ir/shape.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {

/// Throws Error(invalid_handle) unless the view is well-formed; `what` names it in the message.
void validate(const fv_view& view, const std::string& what);
/// The same for a view that only describes an input: shape and data may be missing.
void validate_description(const fv_view& view, const std::string& what);

/// Whether there is a shape, and memory unless the array is empty. The rank has been checked.
bool has_elements(const fv_view& view);

inline DType dtype_of(const fv_view& view) { return static_cast<DType>(view.dtype); }
Shape shape_of(const fv_view& view);
/// The view's byte strides, or C order when it has none.
std::vector<int64_t> strides_of(const fv_view& view);
ArrayLayout layout_of(const fv_view& view);
runtime::ArrayView array_of(const fv_view& view);
/// Of an array in the host's memory; it points into `array`.
fv_view view_of(const runtime::ArrayView& array);
/// Throws Error(argument) if the view is on a device.
void require_host(const fv_view& view);

/// That a valid view obeys the two rules of ir/checked.hpp, which copies and plans rely on. Throws Error(memory), or
/// Error(invalid_handle), that begins with `what`.
void require_bounded(const fv_view& view, const std::string& what);

/// extent_of. Throws Error(invalid_handle) that begins with `what` when the strides leave the address space.
ByteExtent byte_extent(const ArrayLayout& layout, int64_t itemsize, const std::string& what);

}  // namespace fuseval::engine

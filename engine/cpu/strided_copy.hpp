// Copies between strided arrays of one shape and element size.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/shape.hpp"

namespace fuseval::engine {

class RunControl;

/// The arrays must not overlap. Strides in bytes. Stops early when `control` says so.
void copy_elements(char* target, const std::vector<int64_t>& target_strides, const char* source,
                   const std::vector<int64_t>& source_strides, const Shape& shape, int64_t itemsize,
                   const RunControl* control = nullptr);

}  // namespace fuseval::engine

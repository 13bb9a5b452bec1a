// Raw elements: nothing but the numbers, in C order and this machine's byte order.
#pragma once

#include "runtime/formats/byte_source.hpp"
#include "runtime/formats/data_arrays.hpp"

namespace fuseval::runtime {

/// options.dtype must be there. A file's size must be that of the shape; without a shape there is one axis. Mapped
/// where it can be.
DataArrays read_raw(ByteSource& source, const ReadOptions& options);
void write_raw(std::span<const NamedView> arrays, const ByteSink& sink);

}  // namespace fuseval::runtime

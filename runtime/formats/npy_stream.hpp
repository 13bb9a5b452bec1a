// .npy data that is read, or written, from first byte to last.
#pragma once

#include <functional>

#include "runtime/formats/byte_source.hpp"
#include "runtime/formats/data_arrays.hpp"

namespace fuseval::runtime {

/// Gives the next bytes, fewer than asked for only at the end.
using ByteReader = std::function<size_t(char* target, size_t bytes)>;

/// Reads an array into memory, in this machine's byte order. The view is of `result`'s memory. Throws Error(file) whose
/// message is the reason alone.
ArrayView read_npy_stream(const ByteReader& read, DataArrays& result);

/// A .npy file: mapped where it can be, else read.
DataArrays read_npy(ByteSource& source, const ReadOptions& options);
/// One array, as version 1.0.
void write_npy_stream(std::span<const NamedView> arrays, const ByteSink& sink);

}  // namespace fuseval::runtime

// The header of .npy files: a Python dictionary literal, read strictly.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/dtype.hpp"
#include "ir/shape.hpp"

namespace fuseval::runtime {

struct NpyHeader {
  DType dtype = DType::float64;
  bool swapped = false;  ///< the file's byte order is not this machine's
  bool fortran_order = false;
  Shape shape;
};

/// Where the dictionary lies: after magic string, version and length.
struct NpyPrefix {
  static constexpr size_t most_bytes = 12;
  size_t header_offset = 0;
  size_t header_bytes = 0;
};

/// Reads the first bytes of a file (most_bytes of them, or all if the file is shorter). Throws Error(file).
NpyPrefix parse_npy_prefix(std::string_view start);

/// Reads the dictionary: exactly the keys descr, fortran_order and shape, in any order. Throws Error(file) on anything
/// that is not such a literal, on dtypes that are no plain numbers, and on shapes whose bytes overflow.
NpyHeader parse_npy_header(std::string_view text);

/// Bytes of all elements.
size_t data_bytes(const NpyHeader& header);

/// Magic string, version 1.0, length and dictionary, padded so that the data begins at a multiple of 64.
std::string make_npy_header(DType dtype, bool fortran_order, const Shape& shape);

}  // namespace fuseval::runtime

// What every backend's kernels are given at run time.
#pragma once

#include <cstdint>

namespace fuseval::codegen {

/// What a kernel is given at run time; all arrays belong to the caller and outlive the call.
struct KernelArguments {
  char* const*
      pointers;  ///< [operand]: data pointer + offset, where index 0 on every axis lies (index operands: unused)
  const int64_t* strides;     ///< [operand * rank + axis]: bytes (index operands: value steps)
  const int64_t* extents;     ///< [axis]
  const uint64_t* constants;  ///< [constant]: bits zero-extended to 64
  const int64_t* offsets;     ///< [operand]: an index operand's value at 0 (others: unused; `pointers` includes theirs)
};

}  // namespace fuseval::codegen

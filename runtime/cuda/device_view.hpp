// Memory on a device, seen but not owned: a DeviceBuffer's, or a foreign library's.
#pragma once

#include <cstddef>

#include "ir/error.hpp"
#include "runtime/cuda/driver_api.hpp"

namespace fuseval::runtime::cuda {

struct DeviceView {
  DevicePointer pointer = 0;
  size_t bytes = 0;

  /// `count` bytes from `offset` on. Error(internal) beyond the end.
  DeviceView part(size_t offset, size_t count) const {
    if (offset > bytes || count > bytes - offset)
      throw Error(ErrorCode::internal, "a view beyond a device buffer's end");
    return {pointer + offset, count};
  }
};

}  // namespace fuseval::runtime::cuda

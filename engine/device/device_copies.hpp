// Strided copies within a device's memory: a loop nest that loads and stores, through the kernels that programs have.
#pragma once

#include <map>
#include <vector>

#include "engine/device/device_launches.hpp"
#include "engine/device/device_space.hpp"
#include "ir/shape.hpp"

namespace fuseval::engine {

/// Keeps what it has laid out. One thread at a time.
class DeviceCopies {
 public:
  explicit DeviceCopies(DeviceSpace& space) : space_(space) {}

  /// Asks for it. Addresses of elements 0, strides in bytes; elements need not be aligned. The two do not overlap.
  /// Errors: those of compiling, device.
  void copy(DeviceQueue& queue, char* to, const std::vector<int64_t>& to_strides, const char* from,
            const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize);

 private:
  /// Extents, both strides, itemsize and both addresses modulo 16: what a launch depends on.
  using Key = std::vector<int64_t>;
  struct Copy {
    LoopNest nest;
    std::vector<DeviceLaunches> launches;  ///< one; none: the bytes lie one after another in both
    size_t bytes = 0;
  };

  Copy make(char* const* arrays, const std::vector<int64_t>& to_strides, const std::vector<int64_t>& from_strides,
            const Shape& shape, int64_t itemsize);

  DeviceSpace& space_;
  std::map<Key, Copy> known_;
};

}  // namespace fuseval::engine

// Results of one run: owned arrays, and views of the outputs that the caller gave.
#pragma once

#include <memory>
#include <vector>

#include "engine/device/device.hpp"
#include "ir/dtype.hpp"
#include "ir/shape.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {

struct Distribution;

struct Result {
  runtime::Buffer buffer;                   ///< empty for an output of the caller's, and on a device
  std::unique_ptr<DeviceMemory> on_device;  ///< the same of a result that stayed on a device
  std::shared_ptr<const void> mapping;      ///< pages of a file that the elements lie in, read-only
  char* data = nullptr;
  Place place;
  DType dtype = DType::float64;
  Shape shape;
  std::vector<int64_t> strides;
  bool is_weak = false;  ///< a plain number
  bool is_readonly = false;
  std::shared_ptr<const Distribution> distribution;  ///< shape is the local part's; nullptr: not distributed
};

struct Results {
  std::shared_ptr<const void> hooks;  ///< whoever lends the buffers' memory, if it is not the process's pool
  std::vector<Result> items;
  bool is_tuple = false;
};

/// An array by itself. Immutable but for its elements, so shared by whoever refers to it.
struct OwnedArray {
  std::shared_ptr<const void> keeper;  ///< of what the memory comes from: gone after the array
  Result array;
};
using SharedArray = std::shared_ptr<const OwnedArray>;

}  // namespace fuseval::engine

// Results of one run: owned arrays, and views of the outputs that the caller gave.
#pragma once

#include <memory>
#include <vector>

#include "ir/dtype.hpp"
#include "ir/shape.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {

struct Result {
  runtime::Buffer buffer;  ///< empty for an output of the caller's
  char* data = nullptr;
  DType dtype = DType::float64;
  Shape shape;
  std::vector<int64_t> strides;
  bool is_weak = false;  ///< a Python-like number
};

struct Results {
  std::shared_ptr<const void> hooks;  ///< whoever lends the buffers' memory, if it is not the process's pool
  std::vector<Result> items;
  bool is_tuple = false;
};

}  // namespace fuseval::engine

// The plan: buffers and the loop nests that fill them, in order. What an engine runs.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/loops.hpp"

namespace fuseval {

enum class BufferRole : uint8_t { input, output, temporary };

struct BufferInfo {
  BufferRole role = BufferRole::temporary;
  uint32_t slot = 0;  ///< the caller's input slot, or the output's position
  DType dtype = DType::float64;
  Shape shape;
  std::vector<int64_t> strides;  ///< bytes
};

struct Plan {
  std::vector<BufferInfo> buffers;
  std::vector<LoopNest> kernels;
};

/// Shape and byte strides of a caller's array.
struct ArrayLayout {
  Shape shape;
  std::vector<int64_t> strides;
};

/// Fuses and lowers `function`. inputs[slot]: the caller's layouts; outputs[k]: the layout that result k is written in
/// (its shape is the result's shape). Every nest has been verified in debug builds.
Plan make_plan(const Function& function, std::span<const ArrayLayout> inputs, std::span<const ArrayLayout> outputs);

/// A line a kernel: space, loads, stores, bytes moved; then totals.
std::string print(const Plan& plan);

}  // namespace fuseval

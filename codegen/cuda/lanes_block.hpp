// A warp's part of order (A): the function that reduces one canonical block.
#pragma once

#include "codegen/cuda/group_writer.hpp"

namespace fuseval::codegen {

/// What a thread of a warp takes of a row of LANES elements.
GroupShape cuda_lanes_shape(const LoopNest& nest, const CudaVariant& variant);

class LanesBlockWriter {
 public:
  LanesBlockWriter(NestWriter& writer, const StateWriter& states, GroupWriter& group, const GroupShape& shape)
      : writer_(writer), states_(states), group_(group), shape_(shape) {}

  /// `State block_state(arguments, o, b, thread)`: block `b` of output `o`, by the 32 threads of a warp; thread 0 gets
  /// the state.
  std::string function();

 private:
  std::string number(CudaNumber n) { return writer_.number(n); }
  void leaves(CudaText& text);
  void halve(CudaText& text);
  void halve_lanes(CudaText& text);

  NestWriter& writer_;
  const StateWriter& states_;
  GroupWriter& group_;
  GroupShape shape_;
};

}  // namespace fuseval::codegen

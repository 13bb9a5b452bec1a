// Elements of a nest without accumulators, as a team of threads takes them: `unroll` vectors of adjacent elements a
// thread, the team's width apart. All loads come first, then all arithmetic, then all stores: that is what keeps enough
// bytes in flight.
//
// What surrounds gives, in the text: `arguments`; i<axis> of the axes before `first_axis`; `block`, the number of the
// team's first element over the other axes.
#pragma once

#include <string>

#include "codegen/cuda/nest_writer.hpp"

namespace fuseval::codegen {

struct ElementsShape {
  int width = 1;                       ///< of a vector
  int unroll = 1;                      ///< vectors that a thread takes
  int first_axis = 0;                  ///< of those whose elements the team walks
  std::string threads = "256";         ///< of the team
  std::string thread = "threadIdx.x";  ///< this one's number in it
};

/// How many vectors of `width` elements a thread takes.
int cuda_elements_unroll(const LoopNest& nest, int width);

class ElementsWriter {
 public:
  ElementsWriter(NestWriter& writer, ElementsShape shape)
      : writer_(writer), nest_(writer.nest), shape_(std::move(shape)) {}

  /// What the axes of the team's elements do not move: loaded once, before anything else.
  void load_uniform(CudaText& text);
  /// `unroll` vectors a thread, all of which exist.
  void vectors(CudaText& text);
  /// Element `i` alone.
  void element(CudaText& text);

 private:
  LayoutClass layout(uint32_t operand) const { return layout_class(nest_, nest_.operands[operand]); }
  bool is_uniform(uint32_t operand) const { return !writer_.moves(operand, shape_.first_axis, nest_.rank()); }
  std::string address(uint32_t operand) { return writer_.address(operand, 0, nest_.rank()); }
  int slots(uint32_t operand) const {
    return layout(operand) == LayoutClass::invariant ? shape_.unroll : shape_.unroll * shape_.width;
  }
  template <class F>
  void each(OperandKind kind, F&& f);
  void each_vector(CudaText& text);
  void each_element(CudaText& text);
  void declare(CudaText& text);
  void load(CudaText& text, uint32_t operand, DType dtype);
  void store(CudaText& text, uint32_t operand, DType dtype);
  void compute(CudaText& text);

  NestWriter& writer_;
  const LoopNest& nest_;
  ElementsShape shape_;
};

}  // namespace fuseval::codegen

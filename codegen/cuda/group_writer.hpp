// A group of rows, as both reductions take them: every operand's loads first, then the body over all elements, then its
// stores. A row is `width` elements of a thread: of one output's lanes (A), or of adjacent outputs (B).
//
// What surrounds a group gives it, in the text: `arguments`; i<axis> of the parallel axes; `first`, the number of the
// thread's first element; `full`, whether every element of the group exists; and the states `lane[width]`.
#pragma once

#include <string>

#include "codegen/cuda/state_writer.hpp"

namespace fuseval::codegen {

struct GroupShape {
  int rows = 1;           ///< of a group: a divisor of 16; 16 where there is a moment2
  int width = 1;          ///< elements of a row that a thread takes
  bool adjacent = false;  ///< whether they lie side by side in memory (else they are a warp's width apart)
  int row_step = 1;       ///< (A): LANES; (B): 1
};

/// rows for a nest whose thread takes `width` elements of a row.
int cuda_group_rows(const LoopNest& nest, int width);

class GroupWriter {
 public:
  GroupWriter(NestWriter& writer, const StateWriter& states, const GroupShape& shape);

  /// Base addresses of this item's operands, and what does not move along the reduce axes.
  void item(CudaText& text);
  void group(CudaText& text);
  /// One element with number `e`, into `lane[0]` (all accumulators); no vectors.
  void element(CudaText& text);

 private:
  bool is_serial() const { return nest_.order == ReductionOrder::serial16; }
  bool is_fixed(uint32_t operand) const { return !writer_.moves(operand, parallel_, nest_.rank()); }
  bool moves_in_vector(uint32_t operand) const;
  std::string own_number();
  std::string element_number(const std::string& row, const std::string& k) const;
  std::string place(uint32_t operand);
  template <class F>
  void each(OperandKind kind, F&& f);

  void declare(CudaText& text);
  void loads(CudaText& text);
  void load_full(CudaText& text);
  void load_part(CudaText& text);
  void vector_load(CudaText& text, uint32_t operand, DType dtype, const std::string& from, const std::string& to);
  void vector_store(CudaText& text, uint32_t operand, DType dtype);
  void compute(CudaText& text);
  void stores(CudaText& text);
  CudaValue loaded(CudaText& text, uint32_t operand);
  void open_elements(CudaText& text);
  void close_elements(CudaText& text);

  NestWriter& writer_;
  const StateWriter& states_;
  const LoopNest& nest_;
  GroupShape shape_;
  int parallel_;
};

}  // namespace fuseval::codegen

// The states of a nest's accumulators as CUDA text: a struct, and the functions of codegen/scalar/reduction.hpp over
// it.
#pragma once

#include <string>
#include <vector>

#include "codegen/cuda/nest_writer.hpp"
#include "codegen/reduction_layout.hpp"

namespace fuseval::codegen {

/// The text has
///   struct State             every accumulator's components
///   State identity()
///   State merge(State, State)
///   State shuffle(State, u32 d)             order (A): thread t gets thread t + d's
///   State absorb(State, i64 number, …)      one more element: the values of the accumulators but moment2, in order
///   Leaf leaf_full(…), leaf_part(…, i32 n)  moment2, of 16 or the first n rows; a pointer an accumulator, rows
///                                           `row_step` apart
///   Leaf merge(Leaf, Leaf); Leaf no_leaf(); State put(State, Leaf)
///   void push(State* levels, u32 n, State), State collapse(State* levels, u32 n)
///                                           order (B): the canonical tree over states that come one after another
/// Merging a state with the identity gives that state, to the bit, so that absent ones need no branch.
class StateWriter {
 public:
  StateWriter(NestWriter& writer, int row_step);

  bool has_moments() const { return !moments_.empty(); }
  bool has_others() const { return moments_.size() < nest_.accumulators.size(); }
  const std::vector<uint32_t>& moments() const { return moments_; }
  bool is_moment(uint32_t accumulator) const { return nest_.accumulators[accumulator].reduction == Reduction::moment2; }

  /// Structs and functions.
  std::string text();
  /// The function `finish(arguments, o, state)`: results and the epilogue of output `o`.
  std::string finish();

 private:
  using State = ReductionState<CudaEmitter>;
  using Accumulators = std::vector<uint32_t>;

  static std::string field(uint32_t accumulator, int component) {
    return fmt::format("a{}_{}", accumulator, component);
  }
  State read(uint32_t accumulator, const char* variable) const;
  void write(uint32_t accumulator, const State& state, const char* variable);
  void structure(const char* name, const Accumulators& accumulators);
  void identity_function(const char* head, const char* type, const Accumulators& accumulators);
  void merge_function(const char* type, const Accumulators& accumulators);
  void shuffle_function();
  void absorb_function();
  void leaf_function(bool full);
  void put_function();
  void tree_functions();

  NestWriter& writer_;
  const LoopNest& nest_;
  int row_step_;
  Accumulators all_, moments_;
  CudaText text_;
  CudaEmitter e_;
};

}  // namespace fuseval::codegen

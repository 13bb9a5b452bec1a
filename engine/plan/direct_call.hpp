// The shortest way from views to machine code, for what small calls mostly are: one elementwise kernel that one thread
// runs, every output given, nothing to allocate or to check first. One pass over flat data compares the views with what
// the specialisation was made for, tests for overlap and fills in the kernel's pointers, in less than half of
// the instructions.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/plan/specialisation.hpp"

namespace fuseval::engine {

/// Immutable; thread-safe. Refers to the specialisation, which must outlive it.
class DirectCall {
 public:
  /// nullptr where the general way is needed. literals: the program's, which are inputs behind the caller's.
  /// has_deadline: whether a call may only take so long, which a direct one does not watch.
  static std::unique_ptr<const DirectCall> make(const Specialisation& made, std::span<const fv_view> literals,
                                                bool has_deadline);

  /// False, with nothing done, unless the views are those of the specialisation and their memory lies so that the
  /// kernel can write the outputs in place, and the values of weak scalars those that it serves. The default result
  /// rule holds. inputs: those that the caller gives.
  bool run(const fv_view* inputs, const fv_view* outputs, int32_t output_count, Counters& counters) const;

 private:
  struct Array {
    ExpectedView expected;
    ByteExtent extent;
    uint64_t in_place = 0;  ///< outputs: bit j where the elements of arrays_[j] may be overwritten one by one
  };
  /// array: a position among arrays_, a null pointer, the literals, and the numbers that a call computes.
  struct Operand {
    uint32_t array;
    int64_t offset;
  };
  static constexpr size_t limit = 16;

  DirectCall(const Specialisation& made, std::span<const fv_view> literals);
  static bool is_possible(const Specialisation& made, std::span<const fv_view> literals);
  size_t given_count() const;
  void add_arrays();
  void add_operands();
  uint32_t array_of(const PreparedKernel::Base& base) const;
  bool clashes(const Array& written, char* const* data, size_t before) const;

  const Specialisation& made_;
  const PreparedKernel& kernel_;
  std::span<const fv_view> literals_;
  std::vector<Array> arrays_;  ///< the caller's inputs that are used, then the outputs
  size_t used_inputs_ = 0;
  const bool depends_on_values_;
  int32_t output_count_;
  std::vector<Operand> operands_;
};

}  // namespace fuseval::engine

// Builds loop nests by hand over guarded memory, for the tests of every backend.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ir/loops.hpp"

namespace fuseval::test {

/// Bytes with an inaccessible page on each side: at the end of their pages (an over-read faults), or at the start.
class GuardedBytes {
 public:
  GuardedBytes(size_t bytes, bool at_end);
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes();
  char* data() const { return data_; }
  size_t size() const { return bytes_; }

 private:
  char* map_ = nullptr;
  size_t map_bytes_ = 0;
  char* data_ = nullptr;
  size_t bytes_ = 0;
};

/// A nest under construction and the memory of its operands.
class NestBuilder {
 public:
  NestBuilder(std::vector<int64_t> parallel, std::vector<int64_t> reduce = {}, uint32_t seed = 1,
              bool guard_at_end = true);

  /// What floats are drawn from here on: special values too, or numbers near 1, of which long sums and products stay
  /// finite. (One NaN among the elements, and every order of a sum gives the same.)
  bool tame = false;

  /// A load of a new array; strides in elements, one an axis. The elements are drawn from special and ordinary values.
  uint32_t load(DType dtype, const std::vector<int64_t>& strides);
  /// The memory of what `load` made, to be filled with values of the test's own.
  char* memory(uint32_t loaded) const;
  uint32_t index(int64_t offset, const std::vector<int64_t>& strides);
  uint32_t constant(DType dtype, uint64_t bits);
  uint32_t constant(double value);
  uint32_t op(Op op, std::vector<uint32_t> arguments);
  uint32_t cast(uint32_t value, DType dtype);
  void store(uint32_t value, const std::vector<int64_t>& strides);
  void accumulate(Reduction reduction, uint32_t value);
  /// Further instructions go into the epilogue.
  void epilogue() { in_epilogue_ = true; }
  uint32_t result(uint32_t accumulator);

  /// Strides of a C-ordered array over all axes; of a C-ordered one over the parallel axes, 0 elsewhere.
  std::vector<int64_t> c_strides() const;
  std::vector<int64_t> parallel_strides() const;

  /// What Operand::buffer indexes, for as long as the builder lives.
  std::vector<char*> buffers() const;
  /// The same, as memory: its bytes, of which byte `origin` belongs to the element at index 0.
  struct Memory {
    char* data = nullptr;
    size_t bytes = 0;
    int64_t origin = 0;
    bool is_output = false;
  };
  std::vector<Memory> memories() const;
  void clear_outputs();
  /// The outputs' bytes, NaN made one pattern.
  std::string outputs();

  LoopNest nest;

 private:
  struct Array {
    std::unique_ptr<GuardedBytes> bytes;
    int64_t lowest = 0;  ///< offset of the lowest byte from the element at index 0
    bool is_output = false;
  };
  std::vector<Instruction>& list() { return in_epilogue_ ? nest.epilogue : nest.body; }
  DType dtype_of(uint32_t value) { return list()[value].dtype; }
  uint32_t push(Instruction instruction);
  uint32_t array(OperandKind kind, DType dtype, const std::vector<int64_t>& strides);

  std::vector<Array> arrays_;
  bool in_epilogue_ = false;
  bool guard_at_end_;
  std::mt19937_64 random_;
};

/// Runs the nest by the reference interpreter; returns the outputs' bytes, NaN made one pattern.
std::string run_interpreted(NestBuilder& builder);

}  // namespace fuseval::test

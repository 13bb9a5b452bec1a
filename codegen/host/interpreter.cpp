#include "codegen/host/interpreter.hpp"

#include <cstring>
#include <vector>

#include "codegen/host/fold.hpp"
#include "codegen/host/reduce.hpp"

namespace fuseval::codegen {
namespace {

using Index = std::vector<int64_t>;

HostValue read_element(const char* place, DType dtype) {
  HostValue value{dtype, 0};
  std::memcpy(&value.bits, place, static_cast<size_t>(size_of(dtype)));  // little-endian: the low bytes
  if (is_bool(dtype)) value.bits = value.bits != 0;
  return value;
}
void write_element(char* place, HostValue value) {
  std::memcpy(place, &value.bits, static_cast<size_t>(size_of(value.dtype)));
}

class Interpreter {
 public:
  Interpreter(const LoopNest& nest, char* const* buffers)
      : nest_(nest), buffers_(buffers), gathered_(nest.accumulators.size()), results_(nest.accumulators.size()) {}

  void run() {
    Index index(nest_.axes.size(), 0);
    const int parallel = nest_.parallel_rank();
    const int64_t parallel_count = nest_.parallel_count();
    for (int64_t k = 0; k < parallel_count; ++k) {
      number_to_index(k, 0, parallel, index);
      if (nest_.is_reduction())
        reduce_at(index, parallel);
      else
        evaluate(nest_.body, index);
    }
  }

 private:
  /// Gathers every element of one output in C order, reduces them, and runs the epilogue.
  void reduce_at(Index& index, int parallel) {
    for (auto& elements : gathered_) elements.clear();
    const int64_t count = nest_.reduce_count();
    for (int64_t k = 0; k < count; ++k) {
      number_to_index(k, parallel, nest_.rank(), index);
      evaluate(nest_.body, index);
    }
    for (size_t k = 0; k < gathered_.size(); ++k) {
      const Accumulator& accumulator = nest_.accumulators[k];
      results_[k] = reduce_canonically(accumulator.reduction, nest_.order, accumulator.dtype, gathered_[k]);
    }
    number_to_index(0, parallel, nest_.rank(), index);
    evaluate(nest_.epilogue, index);
  }

  /// Sets the axes [first, last) of the index to the number's place in C order over them.
  void number_to_index(int64_t number, int first, int last, Index& index) const {
    for (int axis = last - 1; axis >= first; --axis) {
      const int64_t extent = nest_.axes[static_cast<size_t>(axis)].extent;
      if (extent == 0) continue;
      index[static_cast<size_t>(axis)] = number % extent;
      number /= extent;
    }
  }

  int64_t offset_of(const Operand& operand, const Index& index) const {
    int64_t offset = operand.offset;
    for (size_t axis = 0; axis < index.size(); ++axis) offset += operand.strides[axis] * index[axis];
    return offset;
  }

  void evaluate(const std::vector<Instruction>& instructions, const Index& index) {
    values_.clear();
    for (const Instruction& instruction : instructions) values_.push_back(value_of(instruction, index));
  }

  HostValue argument(const Instruction& instruction, int k) const { return values_[instruction.arguments[k]]; }

  HostValue value_of(const Instruction& instruction, const Index& index) {
    switch (instruction.kind) {
      case InstructionKind::load:
        return load(nest_.operands[instruction.attribute], index);
      case InstructionKind::store: {
        const Operand& operand = nest_.operands[instruction.attribute];
        write_element(buffers_[operand.buffer] + offset_of(operand, index), argument(instruction, 0));
        return argument(instruction, 0);
      }
      case InstructionKind::constant: {
        const Constant& constant = nest_.constants[instruction.attribute];
        return {constant.dtype, constant.bits};
      }
      case InstructionKind::scalar:
        return scalar(instruction);
      case InstructionKind::cast:
        return fold_cast(argument(instruction, 0), instruction.dtype);
      case InstructionKind::accumulate:
        gathered_[instruction.attribute].push_back(argument(instruction, 0));
        return argument(instruction, 0);
      case InstructionKind::result:
        return results_[instruction.attribute];
    }
    return {};
  }
  HostValue load(const Operand& operand, const Index& index) const {
    const int64_t offset = offset_of(operand, index);
    if (operand.kind == OperandKind::index) return {DType::int64, static_cast<uint64_t>(offset)};
    return read_element(buffers_[operand.buffer] + offset, operand.dtype);
  }
  HostValue scalar(const Instruction& instruction) const {
    HostValue arguments[3];
    size_t count = 0;
    while (count < 3 && instruction.arguments[count] != no_value) {
      arguments[count] = argument(instruction, static_cast<int>(count));
      ++count;
    }
    return fold(instruction.op, {arguments, count});
  }

  const LoopNest& nest_;
  char* const* buffers_;
  std::vector<HostValue> values_;                 ///< of the instructions evaluated so far
  std::vector<std::vector<HostValue>> gathered_;  ///< per accumulator: the elements of the current output
  std::vector<HostValue> results_;                ///< per accumulator
};

}  // namespace

void interpret(const LoopNest& nest, char* const* buffers) { Interpreter(nest, buffers).run(); }

}  // namespace fuseval::codegen

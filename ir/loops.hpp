// The loop nest: what a backend sees of one kernel. Ordered axes, then straight-line SSA over one element.
//
// A nest is either elementwise (every axis parallel) or a reduction (parallel axes first, then reduce axes, both in
// logical order). `body` is evaluated once per element of the whole iteration space; it may store, and in a reduction
// it feeds the accumulators. `epilogue` (reductions only) is evaluated once per element of the parallel space, after
// the accumulators are complete; its `result` instructions read them, and it stores.
//
// What the code depends on (axis count, kinds, operand dtypes and layout classes, instructions) is separate from what
// it is given at run time (extents, strides, offsets, pointers, constants): `serialise_structure` is the kernel cache's
// key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/dtype.hpp"
#include "ir/ops.hpp"

namespace fuseval {

enum class AxisKind : uint8_t { parallel, reduce };

struct Axis {
  int64_t extent = 1;
  AxisKind kind = AxisKind::parallel;
};

enum class OperandKind : uint8_t {
  load,
  store,
  index,  ///< no memory: the int64 value offset + sum(stride[k] * index[k])
};

/// How an operand moves along the vectorised axis (see vector_axis).
enum class LayoutClass : uint8_t {
  contiguous,  ///< the next lane is the next element in memory (index: the next value is +1)
  invariant,   ///< every lane reads the same element
  strided,     ///< anything else, negative strides included
};

/// A place in memory, or an index value, as an affine function of the axes.
struct Operand {
  OperandKind kind = OperandKind::load;
  DType dtype = DType::float64;
  uint32_t buffer = 0;           ///< index into the plan's buffers; unused for index
  int64_t offset = 0;            ///< bytes from the buffer's data pointer; index: the value at 0
  std::vector<int64_t> strides;  ///< one an axis: bytes; index: value steps
  bool in_epilogue = false;      ///< used by epilogue instructions: strides of reduce axes are 0
};

enum class InstructionKind : uint8_t {
  load,        ///< attribute: operand (load or index)
  store,       ///< attribute: operand; arguments[0]: value
  constant,    ///< attribute: position in LoopNest::constants
  scalar,      ///< op over arguments; `dtype` is the loop dtype's result
  cast,        ///< arguments[0] to dtype
  accumulate,  ///< attribute: accumulator; arguments[0]: value
  result,      ///< epilogue only; attribute: accumulator; its final value
};

inline constexpr uint32_t no_value = 0xffffffffu;

/// Instruction k of body defines value k; instruction k of epilogue defines value k of the epilogue (own numbering).
struct Instruction {
  InstructionKind kind = InstructionKind::load;
  Op op = Op::add;
  DType dtype = DType::float64;
  uint32_t arguments[3] = {no_value, no_value, no_value};
  uint32_t attribute = 0;
};

struct Accumulator {
  Reduction reduction = Reduction::sum;
  DType dtype = DType::float64;  ///< of the accumulated values; the result's is result_dtype(reduction, dtype)
};

/// A run-time constant: part of the arguments, not of the key.
struct Constant {
  DType dtype = DType::float64;
  uint64_t bits = 0;
};

/// docs/language.md, "Canonical order": (A) when the last logical axis is reduced, (B) when it is kept.
enum class ReductionOrder : uint8_t { lanes, serial16 };

struct LoopNest {
  std::vector<Axis> axes;  ///< parallel axes, then reduce axes; collapsed; may be empty (one element)
  std::vector<Operand> operands;
  std::vector<Constant> constants;
  std::vector<Instruction> body;
  std::vector<Accumulator> accumulators;  ///< empty: an elementwise nest
  std::vector<Instruction> epilogue;
  ReductionOrder order = ReductionOrder::lanes;

  bool is_reduction() const { return !accumulators.empty(); }
  int rank() const { return static_cast<int>(axes.size()); }
  int parallel_rank() const;
  /// Elements of the parallel axes; of the reduce axes.
  int64_t parallel_count() const;
  int64_t reduce_count() const;
  /// The axis that a backend runs in vector lanes: the last parallel axis (elementwise and serial16), the last reduce
  /// axis (lanes); -1 if there is none.
  int vector_axis() const;
};

/// Bytes that an operand touches: elements along the axes that it moves on.
int64_t bytes_of(const LoopNest& nest, const Operand& operand);
/// Of all operands.
int64_t bytes_moved(const LoopNest& nest);

/// The nest over [begin, end) of one axis, as a nest of its own.
LoopNest part_of(const LoopNest& nest, int axis, int64_t begin, int64_t end);

LayoutClass layout_class(const LoopNest& nest, const Operand& operand);

/// Everything the code depends on, as bytes: length-prefixed, with no names, sizes, strides or constants.
std::string serialise_structure(const LoopNest& nest);
std::string print(const LoopNest& nest);
/// Throws Error(internal) that names the broken rule.
void verify(const LoopNest& nest);

}  // namespace fuseval

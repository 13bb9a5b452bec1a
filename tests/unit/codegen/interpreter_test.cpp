// The reference interpreter on nests written by hand: layouts, index operands, reductions with epilogues.
#include "codegen/host/interpreter.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <numeric>

#include "codegen/host/fold.hpp"

namespace fuseval::codegen::test {
namespace {

template <class T>
char* raw(T* data) {
  return reinterpret_cast<char*>(data);
}
Operand load(DType dtype, uint32_t buffer, int64_t offset, std::vector<int64_t> strides) {
  return {OperandKind::load, dtype, buffer, offset, std::move(strides)};
}
Operand store(DType dtype, uint32_t buffer, int64_t offset, std::vector<int64_t> strides, bool in_epilogue = false) {
  return {OperandKind::store, dtype, buffer, offset, std::move(strides), in_epilogue};
}
Instruction loading(uint32_t operand, DType dtype) {
  return {.kind = InstructionKind::load, .dtype = dtype, .attribute = operand};
}
Instruction storing(uint32_t operand, uint32_t value, DType dtype) {
  return {
      .kind = InstructionKind::store, .dtype = dtype, .arguments = {value, no_value, no_value}, .attribute = operand};
}
Instruction scalar(Op op, DType dtype, uint32_t a, uint32_t b = no_value, uint32_t c = no_value) {
  return {.kind = InstructionKind::scalar, .op = op, .dtype = dtype, .arguments = {a, b, c}};
}
Instruction casting(uint32_t value, DType dtype) {
  return {.kind = InstructionKind::cast, .dtype = dtype, .arguments = {value, no_value, no_value}};
}
Instruction accumulating(uint32_t accumulator, uint32_t value, DType dtype) {
  return {.kind = InstructionKind::accumulate,
          .dtype = dtype,
          .arguments = {value, no_value, no_value},
          .attribute = accumulator};
}
Instruction result(uint32_t accumulator, DType dtype) {
  return {.kind = InstructionKind::result, .dtype = dtype, .attribute = accumulator};
}

TEST_CASE("2 * a[::-1] + b, b broadcast over rows, into every other column") {
  const DType f64 = DType::float64;
  double a[6] = {1, 2, 3, 4, 5, 6}, b[3] = {10, 20, 30}, out[12] = {};
  LoopNest nest;
  nest.axes = {{2}, {3}};
  nest.operands = {load(f64, 0, 24, {-24, 8}), load(f64, 1, 0, {0, 8}), store(f64, 2, 8, {48, 16})};
  nest.constants = {{f64, host_value(f64, 2.0).bits}};
  nest.body = {loading(0, f64),
               {.kind = InstructionKind::constant, .dtype = f64, .attribute = 0},
               loading(1, f64),
               scalar(Op::multiply, f64, 0, 1),
               scalar(Op::add, f64, 3, 2),
               storing(2, 4, f64)};
  char* const buffers[] = {raw(a), raw(b), raw(out)};
  interpret(nest, buffers);
  const std::array<double, 12> expected = {0, 18, 0, 30, 0, 42, 0, 12, 0, 24, 0, 36};
  CHECK(std::equal(expected.begin(), expected.end(), out));
}

TEST_CASE("index operands, casts, bools, and a nest with no axes") {
  int8_t out[4] = {};
  LoopNest nest;
  nest.axes = {{4}};
  nest.operands = {{OperandKind::index, DType::int64, 0, 5, {-2}}, store(DType::int8, 0, 0, {1})};
  nest.body = {loading(0, DType::int64), casting(0, DType::int8), storing(1, 1, DType::int8)};
  char* const buffers[] = {raw(out)};
  interpret(nest, buffers);
  CHECK(std::vector<int8_t>(out, out + 4) == std::vector<int8_t>{5, 3, 1, -1});

  uint8_t truth[2] = {200, 9};  // any byte but 0 is true
  LoopNest single;
  single.operands = {load(DType::bool_, 0, 0, {}), store(DType::bool_, 0, 1, {})};
  single.body = {loading(0, DType::bool_), storing(1, 0, DType::bool_)};
  char* const flags[] = {raw(truth)};
  interpret(single, flags);
  CHECK(truth[1] == 1);
}

TEST_CASE("row sums and arg-maxima in one nest, with an epilogue") {
  const DType f32 = DType::float32;
  float a[6] = {1, 5, 2, 7, -1, 7}, half_sum[2] = {};
  int64_t place[2] = {};
  LoopNest nest;
  nest.axes = {{2}, {3, AxisKind::reduce}};
  nest.operands = {load(f32, 0, 0, {12, 4}), store(f32, 1, 0, {4, 0}, true), store(DType::int64, 2, 0, {8, 0}, true)};
  nest.constants = {{f32, host_value(f32, 0.5f).bits}};
  nest.body = {loading(0, f32), accumulating(0, 0, f32), accumulating(1, 0, f32)};
  nest.accumulators = {{Reduction::sum, f32}, {Reduction::argmax, f32}};
  nest.epilogue = {result(0, f32),
                   {.kind = InstructionKind::constant, .dtype = f32, .attribute = 0},
                   scalar(Op::multiply, f32, 0, 1),
                   storing(1, 2, f32),
                   result(1, DType::int64),
                   storing(2, 4, DType::int64)};
  char* const buffers[] = {raw(a), raw(half_sum), raw(place)};
  interpret(nest, buffers);
  CHECK(half_sum[0] == 4.0f);
  CHECK(half_sum[1] == 6.5f);
  CHECK(place[0] == 1);
  CHECK(place[1] == 0);
}

TEST_CASE("two reduce axes are numbered in C order") {
  const DType i32 = DType::int32;
  int32_t a[6] = {4, 9, 2, 9, 0, 9};
  int64_t place = -1;
  LoopNest nest;
  nest.axes = {{2, AxisKind::reduce}, {3, AxisKind::reduce}};
  nest.operands = {load(i32, 0, 0, {4, 8}), store(DType::int64, 1, 0, {0, 0}, true)};  // a Fortran-ordered 2 x 3 array
  nest.body = {loading(0, i32), accumulating(0, 0, i32)};
  nest.accumulators = {{Reduction::argmax, i32}};
  nest.epilogue = {result(0, DType::int64), storing(1, 0, DType::int64)};
  char* const buffers[] = {raw(a), raw(&place)};
  interpret(nest, buffers);
  CHECK(place == 3);  // row 0 is 4 2 0, row 1 is 9 9 9
}

TEST_CASE("a reduction over nothing, and a nest without elements") {
  const DType f64 = DType::float64;
  double out[2] = {7, 7};
  LoopNest nest;
  nest.axes = {{2}, {0, AxisKind::reduce}};
  nest.operands = {load(f64, 0, 0, {8, 8}), store(f64, 0, 0, {8, 0}, true)};
  nest.body = {loading(0, f64), accumulating(0, 0, f64)};
  nest.accumulators = {{Reduction::prod, f64}};
  nest.epilogue = {result(0, f64), storing(1, 0, f64)};
  char* const buffers[] = {raw(out)};
  interpret(nest, buffers);
  CHECK(out[0] == 1.0);
  CHECK(out[1] == 1.0);
  out[0] = 7;
  nest.axes[0].extent = 0;
  interpret(nest, buffers);
  CHECK(out[0] == 7);
}

}  // namespace
}  // namespace fuseval::codegen::test

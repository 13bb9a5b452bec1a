#include "sample_nests.hpp"

namespace fuseval::test {
namespace {

using Builder = std::shared_ptr<NestBuilder>;

Builder make(std::vector<int64_t> parallel, std::vector<int64_t> reduce = {}) {
  return std::make_shared<NestBuilder>(std::move(parallel), std::move(reduce), 1, false);
}

// 2*a + 3*b
Builder linear(DType dtype) {
  Builder b = make({4096});
  const uint32_t x = b->load(dtype, {1}), y = b->load(dtype, {1});
  const bool single = dtype == DType::float32;
  const uint32_t two = b->constant(dtype, single ? 0x40000000 : 0x4000000000000000);
  const uint32_t three = b->constant(dtype, single ? 0x40400000 : 0x4008000000000000);
  b->store(b->op(Op::add, {b->op(Op::multiply, {two, x}), b->op(Op::multiply, {three, y})}), {1});
  return b;
}

// Ten operations.
Builder ten_operations() {
  Builder b = make({4096});
  const uint32_t x = b->load(DType::float64, {1}), y = b->load(DType::float64, {1});
  uint32_t sum = x;
  for (int k = 0; k < 5; ++k) sum = b->op(Op::add, {b->op(Op::multiply, {sum, x}), y});
  b->store(sum, {1});
  return b;
}

Builder elementary(std::vector<Op> ops, DType dtype) {
  Builder b = make({4096});
  const uint32_t x = b->load(dtype, {1});
  uint32_t value = x;
  for (const Op op : ops) value = b->op(Op::add, {value, b->op(op, {x})});
  b->store(value, {1});
  return b;
}

// The five points of a Laplacian's inside.
Builder laplacian() {
  Builder b = make({62, 62});
  uint32_t sum = b->load(DType::float64, {64, 1});
  for (int k = 0; k < 3; ++k) sum = b->op(Op::add, {sum, b->load(DType::float64, {64, 1})});
  const uint32_t middle = b->load(DType::float64, {64, 1});
  b->store(b->op(Op::subtract, {sum, b->op(Op::multiply, {b->constant(4.0), middle})}), {62, 1});
  return b;
}

Builder broadcast() {
  Builder b = make({3, 4, 64});
  const uint32_t x = b->load(DType::float32, b->c_strides()), row = b->load(DType::float32, {0, 0, 1});
  const uint32_t column = b->load(DType::float32, {1, 1, 0});
  b->store(b->op(Op::add, {b->op(Op::multiply, {x, row}), column}), b->c_strides());
  return b;
}

Builder reduction(Reduction kind, DType dtype, std::vector<int64_t> parallel, std::vector<int64_t> reduce) {
  Builder b = make(std::move(parallel), std::move(reduce));
  b->accumulate(kind, b->load(dtype, b->c_strides()));
  b->epilogue();
  b->store(b->result(0), b->parallel_strides());
  return b;
}

Builder columns(Reduction kind, DType dtype) {
  Builder b = make({64}, {40});
  b->nest.order = ReductionOrder::serial16;
  b->accumulate(kind, b->load(dtype, {1, 64}));
  b->epilogue();
  b->store(b->result(0), {1, 0});
  return b;
}

Builder dot() {
  Builder b = make({}, {5000});
  b->accumulate(Reduction::sum, b->op(Op::multiply, {b->load(DType::float64, {1}), b->load(DType::float64, {1})}));
  b->epilogue();
  b->store(b->result(0), {0});
  return b;
}

}  // namespace

std::vector<SampleNest> sample_nests() {
  const codegen::CudaVariant vectors{true, false, false}, wide{true, true, false}, scalars{false, false, false};
  const codegen::CudaVariant short_rows{false, false, true};
  const DType f64 = DType::float64, f32 = DType::float32;
  return {
      {"linear", linear(f64), vectors, true, 40},
      {"linear_f32", linear(f32), wide, true, 40},
      {"ten_operations", ten_operations(), vectors, true, 48},
      {"exp", elementary({Op::exp}, f64), vectors, true, 96},
      {"elementary_f32", elementary({Op::exp, Op::sin, Op::log, Op::tanh}, f32), vectors, true, 96},
      {"pow",
       [] {
         Builder b = make({4096});
         b->store(b->op(Op::power, {b->load(DType::float64, {1}), b->load(DType::float64, {1})}), {1});
         return b;
       }(),
       vectors, true, 128},
      {"laplacian", laplacian(), scalars, false, 64},
      {"broadcast", broadcast(), vectors, true, 64},
      {"sum", reduction(Reduction::sum, f64, {}, {5000}), vectors, true, 64},
      {"sum_f32", reduction(Reduction::sum, f32, {}, {5000}), wide, true, 64},
      {"sum_rows", reduction(Reduction::sum, f64, {10}, {5000}), scalars, false, 64},
      {"sum_short_rows", reduction(Reduction::sum, f64, {100}, {5}), short_rows, false, 40},
      {"dot", dot(), vectors, true, 64},
      {"argmax", reduction(Reduction::argmax, f32, {10}, {5000}), vectors, true, 128},
      {"variance", reduction(Reduction::moment2, f64, {}, {5000}), vectors, true, 255},
      {"any", reduction(Reduction::any, DType::bool_, {}, {5000}), vectors, true, 128},
      {"sum_columns", columns(Reduction::sum, f64), vectors, true, 128},
      {"variance_columns", columns(Reduction::moment2, f64), vectors, true, 255},
  };
}

}  // namespace fuseval::test

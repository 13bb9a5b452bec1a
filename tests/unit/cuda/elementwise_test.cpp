// Elementwise nests as CUDA text: layouts, sizes around a vector, a block and its tail, indexes, several outputs.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "batch.hpp"

namespace fuseval::test {
namespace {

std::unique_ptr<NestBuilder> nest(std::vector<int64_t> extents, uint32_t seed, bool aligned) {
  return std::make_unique<NestBuilder>(std::move(extents), std::vector<int64_t>{}, seed, !aligned);
}

}  // namespace

TEST_CASE("one axis: every dtype, sizes, strides") {
  Batch batch;
  for (const DType dtype : computed_dtypes) {
    const int64_t block = 256 * 4 * (16 / size_of(dtype));
    for (const int64_t n : {int64_t{0}, int64_t{1}, int64_t{3}, int64_t{255}, int64_t{257}, block / 4 - 1, block / 4,
                            block / 2 + 1, block - 1, block, block + 1, 3 * block + 5})
      for (const int64_t stride : {1, -1, 2}) {
        auto builder = nest({n}, static_cast<uint32_t>(n + 1), stride == 1 && n % 2 == 1);
        const uint32_t a = builder->load(dtype, {1}), b = builder->load(dtype, {stride}), c = builder->load(dtype, {0});
        const Op op = is_bool(dtype) ? Op::logical_xor : Op::add;
        builder->store(builder->op(op, {builder->op(op, {a, b}), c}), {1});
        batch.add(std::move(builder), fmt::format("{} n {} stride {}", name_of(dtype), n, stride));
      }
  }
  CHECK(batch.run() > 400);
}

TEST_CASE("several axes: broadcast, transposed, reversed, strided outputs") {
  Batch batch;
  const DType f64 = DType::float64, f32 = DType::float32;
  for (const bool aligned : {false, true})
    for (const auto& extents :
         std::vector<std::vector<int64_t>>{{3, 5}, {7, 64}, {33, 130}, {2, 3, 4}, {5, 1, 9}, {3, 4, 5, 6}, {2, 0, 3}}) {
      auto builder = nest(extents, static_cast<uint32_t>(extents[0]), aligned);
      const auto c = builder->c_strides();
      std::vector<int64_t> row(c.size(), 0), column(c.size(), 0), reversed = c, fortran(c.size()), twice = c;
      row.back() = 1;
      column.front() = 1;
      int64_t step = 1;
      for (size_t k = 0; k < c.size(); step *= extents[k], ++k) fortran[k] = step;
      for (int64_t& stride : reversed) stride = -stride;
      for (int64_t& stride : twice) stride *= 2;
      const uint32_t a = builder->load(f64, c), b = builder->load(f64, row), d = builder->load(f64, column);
      builder->store(builder->op(Op::add, {builder->op(Op::multiply, {a, b}), d}), c);
      batch.add(std::move(builder), "broadcast");

      auto other = nest(extents, 5, aligned);
      const uint32_t x = other->load(f32, fortran), y = other->load(f32, reversed), z = other->load(f32, c);
      other->store(other->op(Op::fma, {x, y, z}), twice);
      batch.add(std::move(other), "strided");
    }
  CHECK(batch.run() > 30);
}

TEST_CASE("index operands, constants, several outputs, mixed dtypes") {
  Batch batch;
  for (const bool aligned : {false, true})
    for (const int64_t n : {4, 1000, 2051}) {
      auto builder = nest({3, n}, 7, aligned);
      const uint32_t a = builder->load(DType::float32, builder->c_strides());
      const uint32_t b = builder->load(DType::int16, {0, 1});
      const uint32_t i = builder->index(-5, {1000, 3});
      const uint32_t wide = builder->cast(a, DType::float64);
      const uint32_t scaled = builder->op(Op::multiply, {wide, builder->constant(0x1.8p-3)});
      const uint32_t sum = builder->op(Op::add, {scaled, builder->cast(i, DType::float64)});
      builder->store(sum, builder->c_strides());
      builder->store(builder->op(Op::less, {a, builder->cast(b, DType::float32)}), builder->c_strides());
      builder->store(builder->op(Op::left_shift, {b, b}), builder->c_strides());
      const uint32_t flag = builder->constant(DType::bool_, 1), half = builder->constant(DType::float32, 0x3f000000);
      builder->store(builder->op(Op::where, {flag, half, a}), builder->c_strides());
      batch.add(std::move(builder), fmt::format("mixed n {}", n));
    }
  auto scalar = nest({}, 3, true);
  scalar->store(scalar->op(Op::exp, {scalar->load(DType::float64, {})}), {});
  batch.add(std::move(scalar), "no axis");
  CHECK(batch.run() > 6);
}

TEST_CASE("more operands than parameters hold") {
  Batch batch;
  auto builder = nest({3, 100}, 9, false);
  uint32_t sum = builder->load(DType::float64, {100, 1});
  for (int k = 0; k < 300; ++k) sum = builder->op(Op::add, {sum, builder->load(DType::float64, {k % 7, 1 + k % 2})});
  builder->store(sum, builder->c_strides());
  batch.add(std::move(builder), "300 operands");
  CHECK(batch.run() > 0);
}

TEST_CASE("many elementary functions: called, not inlined") {
  Batch batch;
  for (const DType dtype : {DType::float32, DType::float64}) {
    auto builder = nest({3000}, 9, true);
    const uint32_t a = builder->load(dtype, {1});
    uint32_t sum = a;
    for (const Op op : {Op::exp, Op::sin, Op::log, Op::tanh, Op::arctan, Op::cos})
      sum = builder->op(Op::add, {sum, builder->op(op, {a})});
    builder->store(sum, {1});
    batch.add(std::move(builder), "elementary");
  }
  CHECK(batch.run() > 1);
}

}  // namespace fuseval::test

// Reductions as CUDA text: every reduction and dtype in both canonical orders, over sizes around every boundary.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "batch.hpp"
#include "tests/unit/reductions.hpp"

namespace fuseval::test {
namespace {

bool needs_elements(Reduction reduction) {
  switch (reduction) {
    case Reduction::min:
    case Reduction::max:
    case Reduction::argmin:
    case Reduction::argmax:
      return true;
    default:
      return false;
  }
}

struct Shape {
  std::vector<int64_t> parallel = {}, reduce = {};
  std::vector<int64_t> strides = {};  ///< empty: C order
  ReductionOrder order = ReductionOrder::lanes;
  bool aligned = true;
};

/// Reductions that one nest does at once.
using Reductions = std::vector<Reduction>;

void add(Batch& batch, const Reductions& reductions, DType dtype, const Shape& shape) {
  auto builder = std::make_unique<NestBuilder>(shape.parallel, shape.reduce,
                                               static_cast<uint32_t>(shape.reduce.empty() ? 1 : shape.reduce[0] + 3),
                                               !shape.aligned);
  builder->nest.order = shape.order;
  builder->tame = builder->nest.reduce_count() > 40 || batch.size() % 2 == 0;
  const uint32_t value = builder->load(dtype, shape.strides.empty() ? builder->c_strides() : shape.strides);
  std::string what = fmt::format("{}", name_of(dtype));
  for (const Reduction reduction : reductions) {
    builder->accumulate(reduction, value);
    what += fmt::format(" {}", name_of(reduction));
  }
  builder->epilogue();
  for (uint32_t k = 0; k < reductions.size(); ++k) builder->store(builder->result(k), builder->parallel_strides());
  batch.add(std::move(builder), what);
}

bool is_alone(DType dtype) { return is_float(dtype) || is_bool(dtype) || dtype == DType::int16; }

/// Every reduction and dtype: one by one for some dtypes, and all that a dtype has in one nest for the others.
template <class F>
void each_group(F&& f) {
  for (const DType dtype : computed_dtypes) {
    Reductions together;
    for (const Reduction reduction : all_reductions) {
      if (!occurs(reduction, dtype)) continue;
      if (is_alone(dtype))
        f(Reductions{reduction}, dtype);
      else
        together.push_back(reduction);
    }
    if (!together.empty()) f(together, dtype);
  }
}

bool need_elements(const Reductions& reductions) { return std::ranges::any_of(reductions, needs_elements); }

/// Those whose shapes are many.
constexpr DType few_dtypes[] = {DType::bool_, DType::int16, DType::float64};

}  // namespace

TEST_CASE("order (A): every reduction, dtype and size") {
  Batch batch;
  each_group([&](const Reductions& reductions, DType dtype) {
    const int64_t lanes = 512 / size_of(dtype);
    for (const int64_t n :
         {int64_t{1},    int64_t{2},     int64_t{15},        int64_t{16},    int64_t{17},    int64_t{31},
          int64_t{32},   int64_t{33},    int64_t{63},        int64_t{65},    lanes - 1,      lanes + 1,
          3 * lanes + 5, 16 * lanes - 1, 16 * lanes,         17 * lanes + 1, 33 * lanes + 3, 64 * lanes - 1,
          64 * lanes,    64 * lanes + 1, 3 * 64 * lanes + 17})
      add(batch, reductions, dtype, {.parallel = {}, .reduce = {n}, .aligned = n % 3 != 0});
    add(batch, reductions, dtype, {.parallel = {3}, .reduce = {10 * 64 * lanes + 5}});
    for (const int64_t stride : {-1, 2})
      add(batch, reductions, dtype, {.parallel = {}, .reduce = {5 * lanes + 3}, .strides = {stride}});
  });
  CHECK(batch.run() >= 600);
}

TEST_CASE("order (A): many rows, short and long; several axes in several orders") {
  Batch batch;
  for (const Reduction reduction : all_reductions)
    for (const DType dtype : few_dtypes) {
      if (!occurs(reduction, dtype)) continue;
      for (const int64_t n : {1, 3, 4, 10, 31, 32, 40, 128, 200})
        add(batch, {reduction}, dtype, {.parallel = {n < 33 ? 300 : 19}, .reduce = {n}, .aligned = n % 2 == 0});
      for (const auto& reduce : std::vector<std::vector<int64_t>>{{5}, {3, 7}, {10, 3, 50}, {2, 2, 2048}}) {
        add(batch, {reduction}, dtype, {.parallel = {2, 2}, .reduce = reduce});
        Shape fortran{.parallel = {2}, .reduce = reduce};
        int64_t step = 2;
        fortran.strides = {1};
        for (const int64_t extent : reduce) fortran.strides.push_back(step), step *= extent;
        add(batch, {reduction}, dtype, fortran);
        Shape reversed = fortran;
        std::transform(fortran.strides.begin(), fortran.strides.end(), reversed.strides.begin(), std::negate<>());
        add(batch, {reduction}, dtype, reversed);
      }
    }
  CHECK(batch.run() >= 400);
}

TEST_CASE("order (A): many blocks") {
  Batch batch;
  for (const int64_t blocks : {9, 17, 100}) {
    auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{2}, std::vector<int64_t>{blocks * 4096 - 100}, 3);
    builder->tame = true;
    const uint32_t a = builder->load(DType::float64, {1, 0});
    const uint32_t i = builder->cast(builder->index(1, {3, 1}), DType::float64);
    builder->accumulate(Reduction::sum, builder->op(Op::divide, {a, i}));
    builder->accumulate(Reduction::moment2, builder->op(Op::divide, {a, i}));
    builder->epilogue();
    builder->store(builder->result(0), builder->parallel_strides());
    builder->store(builder->result(1), builder->parallel_strides());
    batch.add(std::move(builder), fmt::format("{} blocks", blocks));
  }
  CHECK(batch.run() >= 3);
}

TEST_CASE("nothing to reduce, and nothing to reduce into") {
  Batch batch;
  each_group([&](const Reductions& reductions, DType dtype) {
    if (is_integer(dtype) && dtype != DType::int64) return;
    Reductions without_elements = reductions;
    std::erase_if(without_elements, needs_elements);
    for (const ReductionOrder order : {ReductionOrder::lanes, ReductionOrder::serial16}) {
      add(batch, reductions, dtype, {.parallel = {0}, .reduce = {5}, .order = order});
      add(batch, reductions, dtype, {.parallel = {3}, .reduce = {}, .order = order});
      if (without_elements.empty()) continue;
      for (const auto& reduce : std::vector<std::vector<int64_t>>{{0}, {3, 0}})
        add(batch, without_elements, dtype, {.parallel = {3}, .reduce = reduce, .order = order});
    }
  });
  CHECK(batch.run() > 100);
}

TEST_CASE("order (B): every reduction, dtype, number of columns and rows") {
  Batch batch;
  each_group([&](const Reductions& reductions, DType dtype) {
    for (const int64_t columns : {1, 2, 7, 8, 33, 64, 130})
      for (const int64_t rows : {0, 1, 3, 15, 16, 17, 33, 16 * 5 + 7, 16 * 11}) {
        if (rows == 0 && need_elements(reductions)) continue;
        add(batch, reductions, dtype,
            {.parallel = {columns},
             .reduce = {rows},
             .strides = {1, columns},
             .order = ReductionOrder::serial16,
             .aligned = rows % 2 == 0});
      }
  });
  CHECK(batch.run() >= 900);
}

TEST_CASE("order (B): strided columns, outer axes, several reduce axes, many rows") {
  Batch batch;
  const ReductionOrder order = ReductionOrder::serial16;
  for (const Reduction reduction : all_reductions)
    for (const DType dtype : few_dtypes) {
      if (!occurs(reduction, dtype)) continue;
      add(batch, {reduction}, dtype, {{3, 20}, {37}, {20 * 37 * 2, -2, 40}, order});
      add(batch, {reduction}, dtype, {{2, 17}, {3, 5, 7}, {5 * 17 * 7, 1, 2 * 5 * 17 * 7, 17 * 7, 17}, order});
      add(batch, {reduction}, dtype, {{2, 32}, {3, 5, 7}, {5 * 32 * 7, 1, 2 * 5 * 32 * 7, 32 * 7, 32}, order});
      add(batch, {reduction}, dtype, {{1200}, {40}, {1, 1200}, order});
      add(batch, {reduction}, dtype, {{}, {100}, {1}, order});
      add(batch, {reduction}, dtype, {{2}, {16 * 1100 + 3}, {1, 2}, order});  // three combines
      add(batch, {reduction}, dtype, {{4}, {16 * 64}, {1, 4}, order});
    }
  // So many outputs that a thread takes several blocks, of operands that lie nowhere.
  for (const int64_t rows : {17, 33}) {
    auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{(1 << 18) + 1}, std::vector<int64_t>{rows}, 3);
    builder->nest.order = order;
    builder->tame = true;
    const uint32_t a = builder->load(DType::float32, {1, 0});
    const uint32_t i = builder->cast(builder->index(1, {3, 1}), DType::float32);
    builder->accumulate(Reduction::sum, builder->op(Op::divide, {a, i}));
    builder->epilogue();
    builder->store(builder->result(0), builder->parallel_strides());
    const NestArguments arguments(builder->nest, builder->buffers());
    const codegen::CudaKernel kernel =
        codegen::cuda_kernel(builder->nest, {.variant = cuda_variant(builder->nest, arguments.get())});
    CHECK(cuda_launches(kernel, arguments.get(), nullptr).size() == 1);  // nothing is left to combine
    batch.add(std::move(builder), "wide");
  }
  CHECK(batch.run() > 100);
}

TEST_CASE("order (B): several accumulators, parts of the body that need only columns or rows") {
  Batch batch;
  for (const int64_t n : {1, 10, 500}) {
    auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{70}, std::vector<int64_t>{n},
                                                 static_cast<uint32_t>(n), n == 10);
    builder->nest.order = ReductionOrder::serial16;
    builder->tame = n > 1;
    const uint32_t a = builder->load(DType::float64, {1, 70});
    const uint32_t column = builder->op(Op::sqrt, {builder->load(DType::float64, {1, 0})});
    const uint32_t row = builder->op(Op::divide, {builder->constant(1.0), builder->load(DType::float64, {0, 1})});
    const uint32_t value = builder->op(Op::add, {builder->op(Op::multiply, {a, column}), row});
    builder->store(value, {1, 70});
    builder->accumulate(Reduction::sum, value);
    builder->accumulate(Reduction::moment2, value);
    builder->accumulate(Reduction::argmax, builder->cast(a, DType::int32));
    builder->accumulate(Reduction::sum, column);
    builder->epilogue();
    builder->store(builder->op(Op::add, {builder->result(0), builder->result(1)}), builder->parallel_strides());
    builder->store(builder->result(2), builder->parallel_strides());
    builder->store(builder->result(3), builder->parallel_strides());
    batch.add(std::move(builder), fmt::format("mixed {}", n));
  }
  CHECK(batch.run() >= 3);
}

TEST_CASE("order (A): several accumulators, a body that computes and stores, an epilogue that computes") {
  Batch batch;
  for (const int64_t n : {1, 10, 32, 500, 5000, 20000, 40000}) {
    auto builder = std::make_unique<NestBuilder>(std::vector<int64_t>{2}, std::vector<int64_t>{n},
                                                 static_cast<uint32_t>(n), n % 1000 == 0);
    builder->tame = n > 1;
    const uint32_t a = builder->load(DType::float64, builder->c_strides());
    const uint32_t b = builder->load(DType::float64, {0, 1});
    const uint32_t row = builder->load(DType::float64, {1, 0});
    const uint32_t product = builder->op(Op::multiply, {a, b});
    const uint32_t shifted = builder->op(Op::subtract, {product, builder->op(Op::sqrt, {row})});
    builder->store(shifted, builder->c_strides());
    builder->accumulate(Reduction::sum, product);
    builder->accumulate(Reduction::max, shifted);
    builder->accumulate(Reduction::moment2, a);
    builder->accumulate(Reduction::argmin, builder->cast(b, DType::float32));
    builder->accumulate(Reduction::any, builder->op(Op::less, {a, b}));
    builder->accumulate(Reduction::moment2, builder->op(Op::subtract, {a, b}));
    builder->epilogue();
    const uint32_t scale = builder->load(DType::float64, {1, 0});
    builder->store(builder->op(Op::divide, {builder->result(0), scale}), builder->parallel_strides());
    builder->store(builder->op(Op::maximum, {builder->result(1), builder->result(2)}), builder->parallel_strides());
    builder->store(builder->result(3), builder->parallel_strides());
    builder->store(builder->result(4), builder->parallel_strides());
    builder->store(builder->result(5), builder->parallel_strides());
    const uint32_t position = builder->index(10, {3, 0});
    builder->store(builder->op(Op::add, {position, builder->result(3)}), builder->parallel_strides());
    batch.add(std::move(builder), fmt::format("mixed {}", n));
  }
  CHECK(batch.run() >= 7);
}

}  // namespace fuseval::test

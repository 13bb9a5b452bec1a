#include <doctest/doctest.h>

#include "harness.hpp"
#include "tests/unit/reductions.hpp"

namespace fuseval::test {
namespace {

void reduce_one(NestBuilder& builder, Reduction reduction, DType dtype, const std::vector<int64_t>& strides) {
  builder.tame = builder.nest.reduce_count() > 40;
  builder.accumulate(reduction, builder.load(dtype, strides));
  builder.epilogue();
  builder.store(builder.result(0), builder.parallel_strides());
}

void check(NestBuilder& builder, const char* what) {
  const std::string expected = run_interpreted(builder);
  for (const int bits : vector_widths())
    for (const uint32_t seed : {0u, 1u}) {
      INFO(what, " bits ", bits, " seed ", seed, "\n", print(builder.nest));
      RunOptions options;
      options.target.vector_bits = bits;
      options.split_seed = seed;
      REQUIRE(run_compiled(builder, options) == expected);
    }
}

std::vector<int64_t> scaled(std::vector<int64_t> strides, int64_t factor) {
  for (int64_t& stride : strides) stride *= factor;
  return strides;
}

}  // namespace

TEST_CASE("order (A): every reduction, dtype and tail") {
  for (const Reduction reduction : all_reductions)
    for (const DType dtype : computed_dtypes) {
      if (!occurs(reduction, dtype)) continue;
      const int64_t lanes = 512 / size_of(dtype);
      const int64_t sizes[] = {1,
                               2,
                               3,
                               7,
                               8,
                               9,
                               lanes - 1,
                               lanes,
                               lanes + 1,
                               3 * lanes + 5,
                               16 * lanes - 1,
                               16 * lanes + 1,
                               40 * lanes + 3,
                               64 * lanes,
                               64 * lanes + 1,
                               130 * lanes + 17,
                               5 * 64 * lanes + 1};
      for (const int64_t n : sizes)
        for (const int64_t stride : {int64_t{1}, int64_t{-1}, int64_t{2}}) {
          if (n > 64 * lanes && stride != 1) continue;
          NestBuilder builder({}, {n}, static_cast<uint32_t>(n));
          reduce_one(builder, reduction, dtype, {stride});
          check(builder, "one axis");
        }
    }
}

TEST_CASE("order (A): several outputs, several reduce axes") {
  for (const Reduction reduction : all_reductions)
    for (const DType dtype : {DType::bool_, DType::int16, DType::float32, DType::float64}) {
      if (!occurs(reduction, dtype)) continue;
      for (const auto& reduce : std::vector<std::vector<int64_t>>{{5}, {3, 7}, {10, 3, 50}, {2, 2, 2000}}) {
        NestBuilder builder({2, 2}, reduce, 5);
        reduce_one(builder, reduction, dtype, builder.c_strides());
        check(builder, "C order");
        NestBuilder transposed({2}, reduce, 6);
        std::vector<int64_t> strides(reduce.size() + 1);
        int64_t step = 1;
        for (size_t k = 0; k < strides.size(); step *= transposed.nest.axes[k].extent, ++k) strides[k] = step;
        reduce_one(transposed, reduction, dtype, strides);
        check(transposed, "Fortran order");
        NestBuilder negative({2}, reduce, 7);
        reduce_one(negative, reduction, dtype, scaled(negative.c_strides(), -1));
        check(negative, "reversed");
      }
    }
}

TEST_CASE("order (A): nothing to reduce") {
  for (const Reduction reduction :
       {Reduction::sum, Reduction::prod, Reduction::all, Reduction::any, Reduction::moment2})
    for (const DType dtype : {DType::bool_, DType::int64, DType::float32, DType::float64}) {
      if (!occurs(reduction, dtype)) continue;
      for (const auto& reduce : std::vector<std::vector<int64_t>>{{0}, {3, 0}, {}}) {
        NestBuilder builder({3}, reduce, 5);
        reduce_one(builder, reduction, dtype, builder.c_strides());
        check(builder, "empty");
      }
    }
}

TEST_CASE("order (B): every reduction, dtype, number of columns and rows") {
  for (const Reduction reduction : all_reductions)
    for (const DType dtype : computed_dtypes) {
      if (!occurs(reduction, dtype)) continue;
      for (const int64_t columns : {1, 2, 7, 8, 9, 33, 64, 65, 130})
        for (const int64_t rows : {0, 1, 3, 15, 16, 17, 33, 16 * 5 + 7, 16 * 11}) {
          if (rows == 0 && (reduction == Reduction::argmin || reduction == Reduction::argmax)) continue;
          NestBuilder builder({columns}, {rows}, static_cast<uint32_t>(columns * 1000 + rows));
          builder.nest.order = ReductionOrder::serial16;
          reduce_one(builder, reduction, dtype, {1, columns});
          check(builder, "columns");
        }
    }
}

TEST_CASE("order (B): strided columns, outer axes, several reduce axes, many tiles") {
  for (const Reduction reduction : all_reductions)
    for (const DType dtype : {DType::bool_, DType::int16, DType::float32, DType::float64}) {
      if (!occurs(reduction, dtype)) continue;
      NestBuilder strided({3, 20}, {37}, 3);
      strided.nest.order = ReductionOrder::serial16;
      reduce_one(strided, reduction, dtype, {20 * 37 * 2, -2, 40});
      check(strided, "strided");
      NestBuilder several({2, 17}, {3, 5, 7}, 4);
      several.nest.order = ReductionOrder::serial16;
      reduce_one(several, reduction, dtype, {5 * 17 * 7, 1, 2 * 5 * 17 * 7, 17 * 7, 17});
      check(several, "several");
      NestBuilder wide({1200}, {40}, 5);
      wide.nest.order = ReductionOrder::serial16;
      reduce_one(wide, reduction, dtype, {1, 1200});
      check(wide, "wide");
      NestBuilder none({}, {100}, 6);
      none.nest.order = ReductionOrder::serial16;
      reduce_one(none, reduction, dtype, {1});
      check(none, "no column");
    }
}

TEST_CASE("order (B): several accumulators, parts of the body that need only columns or rows") {
  for (const int64_t n : {1, 10, 500}) {
    NestBuilder builder({70}, {n}, static_cast<uint32_t>(n));
    builder.nest.order = ReductionOrder::serial16;
    builder.tame = n > 1;
    const uint32_t a = builder.load(DType::float64, {1, 70});
    const uint32_t column = builder.op(Op::sqrt, {builder.load(DType::float64, {1, 0})});
    const uint32_t row = builder.op(Op::divide, {builder.constant(1.0), builder.load(DType::float64, {0, 1})});
    const uint32_t value = builder.op(Op::add, {builder.op(Op::multiply, {a, column}), row});
    builder.store(value, {1, 70});
    builder.accumulate(Reduction::sum, value);
    builder.accumulate(Reduction::moment2, value);
    builder.accumulate(Reduction::argmax, builder.cast(a, DType::int32));
    builder.accumulate(Reduction::sum, column);
    builder.epilogue();
    builder.store(builder.op(Op::add, {builder.result(0), builder.result(1)}), builder.parallel_strides());
    builder.store(builder.result(2), builder.parallel_strides());
    builder.store(builder.result(3), builder.parallel_strides());
    check(builder, "mixed");
  }
}

TEST_CASE("order (A): several accumulators, a body that computes and stores, an epilogue that computes") {
  for (const int64_t n : {1, 10, 500, 5000, 20000}) {
    NestBuilder builder({2}, {n}, static_cast<uint32_t>(n));
    builder.tame = n > 1;
    const uint32_t a = builder.load(DType::float64, builder.c_strides());
    const uint32_t b = builder.load(DType::float64, {0, 1});
    const uint32_t row = builder.load(DType::float64, {1, 0});
    const uint32_t product = builder.op(Op::multiply, {a, b});
    const uint32_t shifted = builder.op(Op::subtract, {product, builder.op(Op::sqrt, {row})});
    builder.store(shifted, builder.c_strides());
    builder.accumulate(Reduction::sum, product);
    builder.accumulate(Reduction::max, shifted);
    builder.accumulate(Reduction::moment2, a);
    builder.accumulate(Reduction::argmin, builder.cast(b, DType::float32));
    builder.accumulate(Reduction::any, builder.op(Op::less, {a, b}));
    builder.accumulate(Reduction::moment2, builder.op(Op::subtract, {a, b}));
    builder.epilogue();
    const uint32_t scale = builder.load(DType::float64, {1, 0});
    builder.store(builder.op(Op::divide, {builder.result(0), scale}), builder.parallel_strides());
    builder.store(builder.op(Op::maximum, {builder.result(1), builder.result(2)}), builder.parallel_strides());
    builder.store(builder.result(3), builder.parallel_strides());
    builder.store(builder.result(4), builder.parallel_strides());
    builder.store(builder.result(5), builder.parallel_strides());
    const uint32_t position = builder.index(10, {3, 0});
    builder.store(builder.op(Op::add, {position, builder.result(3)}), builder.parallel_strides());
    check(builder, "mixed");
  }
}

}  // namespace fuseval::test

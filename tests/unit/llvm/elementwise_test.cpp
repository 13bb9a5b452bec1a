#include <doctest/doctest.h>

#include "harness.hpp"

namespace fuseval::test {
namespace {

struct Layout {
  const char* name;
  int64_t stride;
};
constexpr Layout layouts[] = {
    {"contiguous", 1}, {"invariant", 0}, {"every third", 3}, {"reversed", -1}, {"reversed, every second", -2}};

bool same(NestBuilder& builder, const RunOptions& options) {
  const std::string expected = run_interpreted(builder);
  return run_compiled(builder, options) == expected;
}

RunOptions streaming(int vector_bits, int64_t n) {
  RunOptions options;
  options.target.vector_bits = vector_bits;
  options.target.streaming_stores = true;
  options.split_seed = static_cast<uint32_t>(n % 3);
  return options;
}

// One body for every dtype: x + y, or x | y for bool.
void add(NestBuilder& builder, DType dtype, int64_t a, int64_t b, int64_t out) {
  const uint32_t x = builder.load(dtype, {a});
  const uint32_t y = builder.load(dtype, {b});
  builder.store(builder.op(Op::add, {x, y}), {out});
}

TEST_CASE("elementwise: every dtype, layout and tail, with guarded memory") {
  for (const int bits : vector_widths())
    for (const DType dtype : computed_dtypes)
      for (const Layout& layout : layouts) {
        const int64_t lanes = bits / 8 / size_of(dtype);
        for (const int64_t out : {int64_t{1}, int64_t{-2}})
          for (int64_t n = 0; n <= 3 * lanes + 1;
               n = n < 2 * 8 + 1 || n % lanes >= lanes - 2 || n % lanes < 2 ? n + 1 : n + 5)
            for (const bool at_end : {true, false}) {
              NestBuilder builder({n}, {}, static_cast<uint32_t>(n + 1), at_end);
              add(builder, dtype, layout.stride, 1, out);
              RunOptions options;
              options.target.vector_bits = bits;
              INFO("bits ", bits, " dtype ", std::string(name_of(dtype)), " layout ", layout.name, " out ", out, " n ",
                   n);
              REQUIRE(same(builder, options));
            }
      }
}

TEST_CASE("elementwise: rank 0, outer axes, empty boxes") {
  for (const auto& shape :
       std::vector<std::vector<int64_t>>{{}, {0}, {3, 0}, {0, 3}, {2, 3}, {4, 1, 37}, {3, 2, 2, 9}}) {
    NestBuilder builder(shape, {}, 3);
    const uint32_t x = builder.load(DType::float64, builder.c_strides());
    const uint32_t y = builder.load(DType::float64, std::vector<int64_t>(shape.size(), 0));
    builder.store(builder.op(Op::multiply, {x, y}), builder.c_strides());
    for (const int bits : vector_widths())
      for (const uint32_t seed : {0u, 1u, 2u}) {
        RunOptions options;
        options.target.vector_bits = bits;
        options.split_seed = seed;
        INFO(print(builder.nest));
        REQUIRE(same(builder, options));
      }
  }
}

TEST_CASE("elementwise: parts that move along few axes are hoisted, with the same values") {
  for (const int64_t columns : {1, 7, 64, 101}) {
    NestBuilder builder({3, 5, columns}, {}, 4);
    const uint32_t plane = builder.load(DType::float64, {1, 0, 0});
    const uint32_t row = builder.load(DType::float64, {0, -1, 0});
    const uint32_t column = builder.load(DType::float64, {0, 0, 2});
    const uint32_t once = builder.op(Op::sqrt, {builder.constant(2.0)});
    const uint32_t outer = builder.op(Op::divide, {builder.op(Op::add, {plane, once}), row});
    const uint32_t position = builder.index(-5, {100, 10, 1});
    const uint32_t strided = builder.index(3, {0, 7, -2});
    const uint32_t all = builder.op(Op::multiply, {outer, column});
    const uint32_t index = builder.cast(builder.op(Op::subtract, {position, strided}), DType::float64);
    builder.store(builder.op(Op::add, {all, index}), builder.c_strides());
    builder.store(builder.op(Op::less, {outer, column}), builder.c_strides());
    builder.store(builder.cast(index, DType::int16), builder.c_strides());
    builder.store(outer, {5, 1, 0});
    for (const int bits : vector_widths()) {
      RunOptions options;
      options.target.vector_bits = bits;
      options.split_seed = 1;
      INFO("columns ", columns, " bits ", bits);
      REQUIRE(same(builder, options));
    }
  }
}

TEST_CASE("elementwise: dtypes of several sizes in one body") {
  for (const int64_t n : {1, 5, 63, 64, 65, 200}) {
    NestBuilder builder({n}, {}, 5);
    const uint32_t mask = builder.load(DType::bool_, {1});
    const uint32_t byte = builder.load(DType::uint8, {1});
    const uint32_t half = builder.load(DType::int16, {-1});
    const uint32_t single = builder.load(DType::float32, {1});
    const uint32_t real = builder.op(Op::add, {builder.cast(byte, DType::float32), single});
    const uint32_t chosen = builder.op(Op::where, {mask, real, builder.cast(half, DType::float32)});
    builder.store(chosen, {1});
    builder.store(builder.cast(chosen, DType::int8), {1});
    builder.store(builder.cast(chosen, DType::uint64), {2});
    builder.store(builder.op(Op::logical_not, {mask}), {1});
    for (const int bits : vector_widths()) {
      RunOptions options;
      options.target.vector_bits = bits;
      INFO("n ", n, " bits ", bits);
      REQUIRE(same(builder, options));
    }
  }
}

TEST_CASE("elementwise: streaming stores, whatever the outputs' alignment") {
  for (const int bits : vector_widths())
    for (int64_t n = 0; n < 150; n = n < 40 ? n + 1 : n + 7)
      for (const bool at_end : {true, false}) {
        NestBuilder builder({n}, {}, 6, at_end);
        const uint32_t x = builder.load(DType::float64, {1});
        const uint32_t y = builder.load(DType::float32, {1});
        builder.store(builder.op(Op::add, {x, builder.cast(y, DType::float64)}), {1});
        builder.store(builder.op(Op::negative, {y}), {1});
        builder.store(builder.op(Op::isnan, {y}), {1});
        const RunOptions options = streaming(bits, n);
        INFO("bits ", bits, " n ", n, " at end ", at_end);
        REQUIRE(same(builder, options));
      }
}

TEST_CASE("elementwise: streaming stores of rows, each with ends of its own") {
  for (const int bits : vector_widths())
    for (int64_t n = 0; n < 150; n = n < 40 ? n + 3 : n + 13)
      for (const bool at_end : {true, false}) {
        NestBuilder builder({2, 3, n}, {}, 3, at_end);
        const uint32_t x = builder.load(DType::float64, {3 * n + 1, n, 1});
        const uint32_t scale = builder.load(DType::float64, {3, 1, 0});
        builder.store(builder.op(Op::multiply, {x, scale}), {3 * (n + 3), n + 3, 1});
        builder.store(builder.op(Op::negative, {x}), {3 * n, n, 1});
        const RunOptions options = streaming(bits, n);
        INFO("bits ", bits, " n ", n, " at end ", at_end);
        REQUIRE(same(builder, options));
      }
}

TEST_CASE("elementwise: an output may be an input") {
  for (const int bits : vector_widths())
    for (int64_t n = 0; n < 70; ++n) {
      NestBuilder builder({n});
      const uint32_t x = builder.load(DType::float64, {1});
      builder.store(builder.op(Op::multiply, {x, x}), {1});
      codegen::TargetOptions options;
      options.vector_bits = bits;
      std::vector<double> data(static_cast<size_t>(n)), expected;
      for (size_t k = 0; k < data.size(); ++k) expected.push_back((data[k] = 0.5 + static_cast<double>(k)) * data[k]);
      char* pointers[] = {reinterpret_cast<char*>(data.data()), reinterpret_cast<char*>(data.data())};
      const int64_t strides[] = {8, 8}, offsets[] = {0, 0}, lower = 0;
      const codegen::KernelArguments arguments{pointers, strides, &n, nullptr, offsets};
      codegen::compile(builder.nest, options)->elementwise(&arguments, &lower, &n);
      REQUIRE(data == expected);
    }
}

}  // namespace
}  // namespace fuseval::test

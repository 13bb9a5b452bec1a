// What is chosen and computed on the host for a launch: variants, and the multipliers that texts divide with.
#include <doctest/doctest.h>

#include "device_nest.hpp"

namespace fuseval::test {
namespace {

using codegen::CudaVariant;

// a + b over a matrix; b's rows are `row` elements apart.
LoopNest sum_nest(int64_t rows, int64_t columns, int64_t row) {
  NestBuilder builder({1, 1});
  builder.store(builder.op(Op::add, {builder.load(DType::float64, {1, 1}), builder.load(DType::float64, {1, 1})}),
                {1, 1});
  LoopNest nest = builder.nest;
  nest.axes[0].extent = rows;
  nest.axes[1].extent = columns;
  for (Operand& operand : nest.operands) operand.strides = {8 * columns, 8};
  nest.operands[1].strides[0] = 8 * row;
  return nest;
}

struct Given {
  std::vector<char*> pointers;
  std::vector<int64_t> strides, extents, offsets;

  explicit Given(const LoopNest& nest, uint64_t address = 4096) {
    for (const Operand& operand : nest.operands) {
      pointers.push_back(reinterpret_cast<char*>(address));
      strides.insert(strides.end(), operand.strides.begin(), operand.strides.end());
      offsets.push_back(0);
    }
    for (const Axis& axis : nest.axes) extents.push_back(axis.extent);
  }
  codegen::KernelArguments get() const {
    return {pointers.data(), strides.data(), extents.data(), nullptr, offsets.data()};
  }
};

CudaVariant variant_of(const LoopNest& nest, uint64_t address = 4096) {
  return cuda_variant(nest, Given(nest, address).get());
}

uint64_t word(const codegen::CudaKernel& kernel, const std::vector<uint64_t>& words, codegen::CudaWordKind kind,
              uint32_t first) {
  for (size_t k = 0; k < words.size(); ++k)
    if (kernel.words[k].kind == kind && kernel.words[k].first == first) return words[k];
  FAIL("there is no such word");
  return 0;
}

}  // namespace

TEST_CASE("16-byte accesses only where every row allows them") {
  CHECK(variant_of(sum_nest(100, 64, 64)) == CudaVariant{true, false, false});
  CHECK(variant_of(sum_nest(100, 64, 66)) == CudaVariant{true, false, false});
  CHECK_FALSE(variant_of(sum_nest(100, 64, 65)).vectors);
  CHECK_FALSE(variant_of(sum_nest(100, 63, 64)).vectors);
  CHECK_FALSE(variant_of(sum_nest(100, 64, 64), 4104).vectors);
  LoopNest strided = sum_nest(100, 64, 64);
  strided.operands[0].strides[1] = 16;
  CHECK_FALSE(variant_of(strided).vectors);
}

TEST_CASE("32-bit indexes only where every number and offset fits") {
  CHECK_FALSE(variant_of(sum_nest(1 << 10, 1 << 10, 1 << 10)).wide);
  CHECK_FALSE(variant_of(sum_nest(1 << 13, 1 << 13, 1 << 13)).wide);
  CHECK(variant_of(sum_nest(1 << 14, 1 << 14, 1 << 14)).wide);           // 2^31 bytes
  CHECK(variant_of(sum_nest(2, 64, int64_t{1} << 40)).wide);             // far apart
  CHECK(variant_of(sum_nest(int64_t{1} << 62, 1 << 30, 1 << 30)).wide);  // nothing overflows on the way
}

TEST_CASE("short rows") {
  for (const int64_t n : {0, 1, 32, 33}) {
    NestBuilder builder({10}, {n}, 1, false);
    builder.accumulate(Reduction::sum, builder.load(DType::float64, {n, 1}));
    builder.epilogue();
    builder.store(builder.result(0), {1, 0});
    CHECK(cuda_variant(builder.nest, NestArguments(builder.nest, builder.buffers()).get()).short_rows == (n <= 32));
  }
}

TEST_CASE("division by multiplication is exact in both widths") {
  std::mt19937_64 random(5);
  for (const bool wide : {false, true}) {
    const int bits = wide ? 63 : 31;
    for (int trial = 0; trial < 2000; ++trial) {
      const int64_t divisor =
          trial < 40 ? trial + 1 : static_cast<int64_t>(random() >> (65 - bits + random() % (bits - 1)));
      if (divisor < 1 || divisor > int64_t{1} << 38) continue;  // a grid has an end
      const LoopNest nest = sum_nest(1, divisor, divisor);
      const codegen::CudaKernel kernel = codegen::cuda_kernel(nest, {"k", {false, wide, false}});
      const Given given(nest);
      const std::vector<uint64_t> words = cuda_launches(kernel, given.get(), nullptr)[0].words;
      const uint64_t multiplier = word(kernel, words, codegen::CudaWordKind::multiplier, 1);
      const uint64_t shift = word(kernel, words, codegen::CudaWordKind::shift, 1);
      const auto d = static_cast<uint64_t>(divisor);
      const uint64_t limit = uint64_t{1} << bits;
      for (int k = 0; k < 12; ++k) {
        const uint64_t multiple = random() % (limit / d) * d;
        for (const uint64_t n : {multiple, multiple + d - 1, multiple ? multiple - 1 : 0, limit - 1}) {
          if (n >= limit) continue;
          const uint64_t high = wide ? static_cast<uint64_t>((static_cast<unsigned __int128>(n) * multiplier) >> 64)
                                     : (n * multiplier) >> 32;
          const uint64_t quotient = (high + n) >> shift;
          REQUIRE(quotient == n / d);
        }
      }
    }
  }
}

}  // namespace fuseval::test

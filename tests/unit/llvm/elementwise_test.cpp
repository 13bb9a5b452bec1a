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

}  // namespace
}  // namespace fuseval::test

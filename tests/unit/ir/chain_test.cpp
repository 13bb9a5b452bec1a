// Chains: which kernels share rows, how large their tiles are, and which temporaries never leave them.
#include "ir/chain.hpp"

#include <doctest/doctest.h>

#include "plan_builder.hpp"

using namespace fuseval;

namespace {

constexpr ChainLimits any_size{.tile_bytes = 1 << 30, .row_bytes = 1 << 30, .threads = 1};
constexpr ChainLimits smallest{.tile_bytes = 1, .row_bytes = 1 << 30, .threads = 1};

/// x - max(x) along an axis.
NodeId less_its_largest(PlanBuilder& b, NodeId x, int axis) {
  return b.apply(Op::subtract, {x, b.keep(b.reduce(Reduction::max, x, {axis}), axis)});
}

NodeId softmax(PlanBuilder& b, NodeId x, int axis) {
  const NodeId e = b.apply(Op::exp, {less_its_largest(b, x, axis)});
  return b.apply(Op::divide, {e, b.keep(b.reduce(Reduction::sum, e, {axis}), axis)});
}

int64_t count_of(const Plan& plan, Op op) {
  int64_t count = 0;
  for (const LoopNest& nest : plan.kernels)
    for (const auto* list : {&nest.body, &nest.epilogue})
      for (const Instruction& i : *list) count += i.kind == InstructionKind::scalar && i.op == op;
  return count;
}

size_t temporaries_outside(const Plan& plan) {
  size_t count = 0;
  for (size_t k = 0; k < plan.buffers.size(); ++k)
    count += plan.buffers[k].role == BufferRole::temporary && plan.tile_of[k] < 0;
  return count;
}

}  // namespace

TEST_CASE("a value rebroadcast over its reduced axis is a chain over the rows") {
  PlanBuilder b;
  const Plan plan = b.plan({less_its_largest(b, b.array({40, 1000}), 1)}, any_size);
  REQUIRE(plan.kernels.size() == 2);
  REQUIRE(plan.chains.size() == 1);
  const Chain& chain = plan.chains[0];
  CHECK(chain.first == 0);
  CHECK(chain.extents == std::vector<int64_t>{40});
  CHECK(chain.rows == 40);
  CHECK(chain.row_bytes == 8064 + 8064 + 72);
  CHECK(temporaries_outside(plan) == 0);
  for (size_t k = 0; k < 2; ++k) CHECK(plan.kernels[k].axes[chain.positions[k][0]].extent == 40);
}

TEST_CASE("softmax is one chain of three kernels that evaluates exp once") {
  for (const int axis : {0, 1}) {
    PlanBuilder b;
    const Plan plan = b.plan({softmax(b, b.array({400, 1000}), axis)}, any_size);
    REQUIRE(plan.kernels.size() == 3);
    REQUIRE(plan.chains.size() == 1);
    CHECK(plan.chains[0].size() == 3);
    CHECK(plan.chains[0].extents == std::vector<int64_t>{axis == 1 ? 400 : 1000});
    CHECK(count_of(plan, Op::exp) == 1);
    // Columns of an intermediate in C order are no block of it.
    CHECK(temporaries_outside(plan) == (axis == 1 ? 0 : 1));
  }
}

TEST_CASE("tiles: as many rows as fit, whole multiples of what cache lines allow") {
  PlanBuilder b;
  const NodeId out = less_its_largest(b, b.array({1000, 1000}), 1);
  CHECK(b.plan({out}, {.tile_bytes = 200'000, .row_bytes = 1 << 20, .threads = 1}).chains[0].rows == 8);
  CHECK(b.plan({out}, smallest).chains[0].rows == 1);
  PlanBuilder columns;
  const Plan plan = columns.plan({less_its_largest(columns, columns.array({50, 10000}), 0)}, smallest);
  CHECK(plan.chains[0].extents == std::vector<int64_t>{10000});
  CHECK(plan.chains[0].rows == 256);  // of 2048 bytes
  CHECK(plan.chains[0].grain == 256);
}

TEST_CASE("rows of exactly the limit are tiled, larger ones are not, and keep what collapsing gives them") {
  PlanBuilder b;
  const NodeId out = less_its_largest(b, b.array({40, 1000}), 1);
  const int64_t row = 8064 + 8064 + 72;
  CHECK(b.plan({out}, {.tile_bytes = 1, .row_bytes = row, .threads = 1}).chains[0].is_tiled());
  const Plan plan = b.plan({out}, {.tile_bytes = 1, .row_bytes = row - 1, .threads = 1});
  REQUIRE(plan.chains.size() == 1);
  CHECK(!plan.chains[0].is_tiled());
  CHECK(temporaries_outside(plan) == 1);
}

TEST_CASE("fewer tiles than threads are not worth it, unless everything fits into one") {
  PlanBuilder b;
  const NodeId out = less_its_largest(b, b.array({4, 5000}), 1);
  CHECK(b.plan({out}, {.tile_bytes = 1, .row_bytes = 1 << 20, .threads = 4}).chains[0].is_tiled());
  CHECK(!b.plan({out}, {.tile_bytes = 1, .row_bytes = 1 << 20, .threads = 5}).chains[0].is_tiled());
  CHECK(b.plan({out}, {.tile_bytes = 1 << 20, .row_bytes = 1 << 20, .threads = 5}).chains[0].is_tiled());
}

TEST_CASE("several shared axes are one where every kernel walks them as one, else tiles may be of an inner one") {
  PlanBuilder b;
  CHECK(b.plan({less_its_largest(b, b.array({6, 7, 500}), 2)}, smallest).chains[0].extents == std::vector<int64_t>{42});
  PlanBuilder sliced;
  const NodeId x = sliced.array({6, 14, 500});
  const NodeId half = sliced.graph.view(x, AffineView::slice(sliced.graph.shape(x), 1, 0, 1, 7));
  const NodeId out = less_its_largest(sliced, half, 2);
  const Plan outer = sliced.plan({out}, smallest);
  CHECK(outer.chains[0].extents == std::vector<int64_t>{6, 7});
  CHECK(outer.chains[0].split == 0);
  ChainLimits many = smallest;
  many.threads = 20;
  const Plan inner = sliced.plan({out}, many);
  CHECK(inner.chains[0].split == 1);
  CHECK(inner.chains[0].rows == 1);
}

TEST_CASE("no chain where a row needs more than its own") {
  PlanBuilder b;
  const NodeId x = b.array({30, 40});
  // The rows in the other order, the sums along the other axis, one value for all.
  const NodeId largest = b.reduce(Reduction::max, x, {1});
  const NodeId reversed = b.graph.view(largest, AffineView::slice(b.graph.shape(largest), 0, 29, -1, 30));
  CHECK(b.plan({b.apply(Op::subtract, {x, b.keep(reversed, 1)})}, any_size).chains.empty());
  PlanBuilder square;
  const NodeId y = square.array({30, 30});
  CHECK(square.plan({square.apply(Op::subtract, {y, square.reduce(Reduction::max, y, {1})})}, any_size)
            .chains[0]
            .extents == std::vector<int64_t>{30});
  PlanBuilder whole;
  const NodeId z = whole.array({30, 40});
  CHECK(whole.plan({whole.apply(Op::subtract, {z, whole.reduce(Reduction::max, z, {0, 1})})}, any_size).chains.empty());
  PlanBuilder twice;
  const NodeId w = twice.array({30, 30});
  const NodeId rows = twice.reduce(Reduction::max, w, {1});
  const NodeId both = twice.apply(Op::add, {twice.apply(Op::subtract, {w, twice.keep(rows, 1)}), rows});
  CHECK(twice.plan({both}, any_size).chains.empty());
}

TEST_CASE("kernels that have nothing to do with each other but a common reader are one chain") {
  PlanBuilder b;
  // Sums of different sizes do not share a kernel.
  const NodeId x = b.array({30, 40}), y = b.array({30, 40}, DType::float32);
  const NodeId own = b.graph.cast(b.keep(b.reduce(Reduction::sum, y, {1}), 1), DType::float64);
  const NodeId out = b.apply(Op::add, {b.apply(Op::subtract, {x, b.keep(b.reduce(Reduction::sum, x, {1}), 1)}), own});
  const Plan plan = b.plan({out}, any_size);
  REQUIRE(plan.kernels.size() == 3);
  REQUIRE(plan.chains.size() == 1);
  CHECK(plan.chains[0].size() == 3);
}

TEST_CASE("rows that share memory, and rows that do not") {
  LoopNest nest;
  nest.axes = {{4, AxisKind::parallel}, {10, AxisKind::parallel}};
  const auto operand = [](int64_t offset, std::vector<int64_t> strides) {
    return Operand{OperandKind::load, DType::float64, 0, offset, std::move(strides), false};
  };
  const std::vector<uint8_t> rows = {0};
  const auto shared = [&](const Operand& write, const Operand& read) {
    return shares_rows(nest, write, rows, nest, read, rows);
  };
  CHECK(shared(operand(0, {80, 8}), operand(0, {80, 8})));
  CHECK(shared(operand(0, {80, 8}), operand(72, {80, -8})));
  CHECK(shared(operand(0, {-80, 8}), operand(0, {-80, 0})));
  CHECK(!shared(operand(0, {80, 8}), operand(8, {80, 8})));
  CHECK(!shared(operand(0, {80, 8}), operand(0, {-80, 8})));
  CHECK(!shared(operand(0, {80, 8}), operand(0, {160, 8})));
  CHECK(!shared(operand(0, {72, 8}), operand(0, {72, 8})));
  // Columns interleave, but every element is met once.
  CHECK(shared(operand(0, {8, 32}), operand(0, {8, 32})));
  CHECK(!shared(operand(0, {8, 32}), operand(8, {8, 32})));
  CHECK(!shared(operand(0, {8, 16}), operand(0, {8, 16})));
}

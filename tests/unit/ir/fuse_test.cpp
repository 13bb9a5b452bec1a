// Fusion: how many kernels, what they store, and that the plan is a function of the graph.
#include "ir/fuse.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "plan_builder.hpp"

using namespace fuseval;

namespace {

size_t stores(const LoopNest& nest) {
  size_t count = 0;
  for (const Operand& operand : nest.operands) count += operand.kind == OperandKind::store;
  return count;
}

size_t loads(const LoopNest& nest) {
  size_t count = 0;
  for (const Operand& operand : nest.operands) count += operand.kind == OperandKind::load;
  return count;
}

}  // namespace

TEST_CASE("an elementwise expression is one kernel over one collapsed axis") {
  PlanBuilder b;
  const NodeId x = b.array({4, 5}), y = b.array({4, 5});
  const Plan plan = b.plan({b.apply(Op::add, {b.apply(Op::multiply, {x, y}), x})});
  REQUIRE(plan.kernels.size() == 1);
  CHECK(plan.kernels[0].axes.size() == 1);
  CHECK(plan.kernels[0].axes[0].extent == 20);
  CHECK(loads(plan.kernels[0]) == 2);
  CHECK(stores(plan.kernels[0]) == 1);
}

TEST_CASE("a broadcast operand keeps the axes apart") {
  PlanBuilder b;
  const Plan plan = b.plan({b.apply(Op::add, {b.array({4, 5}), b.array({5})})});
  REQUIRE(plan.kernels.size() == 1);
  CHECK(plan.kernels[0].axes.size() == 2);
}

TEST_CASE("siblings over one space that share an input are one kernel") {
  PlanBuilder b;
  const NodeId x = b.array({100}), y = b.array({100});
  const NodeId sum = b.reduce(Reduction::sum, x, {0}),
               dot = b.reduce(Reduction::sum, b.apply(Op::multiply, {x, y}), {0});
  const Plan plan = b.plan({sum, dot, b.apply(Op::add, {x, y})});
  REQUIRE(plan.kernels.size() == 1);
  CHECK(plan.kernels[0].accumulators.size() == 2);
  CHECK(loads(plan.kernels[0]) == 2);
  CHECK(stores(plan.kernels[0]) == 3);
}

TEST_CASE("what follows a reduction on its own shape is its epilogue") {
  PlanBuilder b;
  const NodeId x = b.array({100});
  const Plan plan = b.plan({b.apply(Op::negative, {b.apply(Op::sqrt, {b.reduce(Reduction::sum, x, {0})})})});
  REQUIRE(plan.kernels.size() == 1);
  CHECK(plan.kernels[0].epilogue.size() == 4);  // result, sqrt, negative, store
  CHECK(stores(plan.kernels[0]) == 1);
}

TEST_CASE("keepdims does not cost a kernel") {
  PlanBuilder b;
  const NodeId x = b.array({30, 40});
  const NodeId mean = b.keep(b.reduce(Reduction::sum, x, {1}), 1);
  const Plan plan = b.plan({b.apply(Op::sqrt, {mean})});
  CHECK(plan.kernels.size() == 1);
}

TEST_CASE("a value rebroadcast over its reduced axis is read by a second kernel") {
  PlanBuilder b;
  const NodeId x = b.array({30, 40});
  const NodeId mean = b.keep(b.reduce(Reduction::sum, x, {1}), 1);
  const Plan plan = b.plan({b.apply(Op::subtract, {x, mean})});
  REQUIRE(plan.kernels.size() == 2);
  CHECK(plan.buffers.size() == 3);  // x, the result, the means
}

TEST_CASE("an expensive value used by two kernels is stored, a cheap one is computed twice") {
  for (const Op op : {Op::exp, Op::negative}) {
    PlanBuilder b;
    const NodeId x = b.array({30, 40});
    const NodeId value = b.apply(op, {x});
    const NodeId total = b.keep(b.reduce(Reduction::sum, value, {1}), 1);
    const Plan plan = b.plan({b.apply(Op::divide, {value, total})});
    CHECK(plan.kernels.size() == 2);
    CHECK(stores(plan.kernels[0]) == (op == Op::exp ? 2 : 1));
  }
}

TEST_CASE("an expensive row that every outer index would compute again is stored first") {
  PlanBuilder b;
  const NodeId x = b.array({50, 1}), y = b.array({1, 60});
  const Plan plan = b.plan({b.apply(Op::multiply, {b.apply(Op::cos, {x}), b.apply(Op::cos, {y})})});
  REQUIRE(plan.kernels.size() == 2);  // cos(y); then the product, with cos(x) computed once a row
  CHECK(plan.kernels[0].parallel_count() == 60);
}

TEST_CASE("reductions over different axes are different kernels, in the order that the last axis asks for") {
  PlanBuilder b;
  const NodeId x = b.array({30, 40});
  const Plan plan = b.plan({b.reduce(Reduction::sum, x, {0}), b.reduce(Reduction::sum, x, {1})});
  REQUIRE(plan.kernels.size() == 2);
  CHECK(plan.kernels[0].order == ReductionOrder::serial16);
  CHECK(plan.kernels[1].order == ReductionOrder::lanes);
}

TEST_CASE("the canonical order follows the logical shape, extents of 1 included") {
  PlanBuilder b;
  const NodeId x = b.array({30, 1});
  CHECK(b.plan({b.reduce(Reduction::sum, x, {0})}).kernels[0].order == ReductionOrder::serial16);
}

TEST_CASE("float sums of two sizes do not share a kernel, exact ones join either") {
  PlanBuilder b;
  const NodeId x = b.array({100}), y = b.array({100}, DType::float32);
  const NodeId both = b.graph.cast(y, DType::float64);
  const NodeId sums[] = {b.reduce(Reduction::sum, b.apply(Op::add, {x, both}), {0}), b.reduce(Reduction::sum, y, {0}),
                         b.reduce(Reduction::max, y, {0})};
  const Plan plan = b.plan({sums[0], sums[1], sums[2]});
  CHECK(plan.kernels.size() == 2);
}

TEST_CASE("an exact reduction of a transposed array walks memory in order") {
  PlanBuilder b;
  const NodeId x = b.array({30, 40});
  const NodeId turned = b.graph.view(x, AffineView::transpose({30, 40}, {1, 0}));
  const Plan plan = b.plan({b.reduce(Reduction::max, turned, {0, 1})});
  REQUIRE(plan.kernels.size() == 1);
  CHECK(plan.kernels[0].axes.size() == 1);
}

TEST_CASE("a reshape of a contiguous input is free, of a computed one stays fused, of a reduction is stored") {
  PlanBuilder b;
  const NodeId x = b.array({6, 4});
  CHECK(b.plan({b.apply(Op::negative, {b.graph.reshape(x, {24})})}).kernels.size() == 1);
  const NodeId turned = b.graph.view(x, AffineView::transpose({6, 4}, {1, 0}));
  const Plan copied = b.plan({b.apply(Op::negative, {b.graph.reshape(turned, {24})})});
  CHECK(copied.kernels.size() == 2);
}

TEST_CASE("a long sum is cut into kernels of bounded size") {
  PlanBuilder b;
  NodeId total = b.array({1000});
  for (int k = 0; k < 2000; ++k)
    total = b.apply(Op::add, {total, b.graph.view(b.graph.input(0, DType::float64, {1000}),
                                                  AffineView::slice({1000}, 0, 0, 1, 1000))});
  const Plan plan = b.plan({total});
  CHECK(plan.kernels.size() == 8);
  for (const LoopNest& nest : plan.kernels) CHECK(nest.body.size() < 600);
}

TEST_CASE("plans are a function of the graph") {
  const auto make = [] {
    PlanBuilder b;
    const NodeId x = b.array({30, 40}), y = b.array({40});
    const NodeId e = b.apply(Op::exp, {b.apply(Op::subtract, {x, y})});
    return print(b.plan(
        {b.reduce(Reduction::sum, e, {0}), b.apply(Op::divide, {e, b.keep(b.reduce(Reduction::sum, e, {1}), 1)})}));
  };
  CHECK(make() == make());
}

TEST_CASE("kernels that differ only in sizes and literals have one structure") {
  const auto structure = [](int64_t n, double factor) {
    PlanBuilder b;
    uint64_t bits;
    std::memcpy(&bits, &factor, 8);
    const NodeId c = b.graph.constant(DType::float64, bits);
    return serialise_structure(b.plan({b.apply(Op::multiply, {b.array({n}), c})}).kernels[0]);
  };
  CHECK(structure(100, 2.5) == structure(7, -1.0));
}

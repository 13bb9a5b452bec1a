// The verifiers find each broken rule, and say which.
#include <doctest/doctest.h>

#include <cstring>

#include "ir/error.hpp"
#include "ir/graph.hpp"
#include "ir/loops.hpp"

using namespace fuseval;

namespace {

// 2 * x over 10 elements.
LoopNest doubled() {
  LoopNest nest;
  nest.axes = {{10, AxisKind::parallel}};
  nest.operands = {{OperandKind::load, DType::float64, 0, 0, {8}, false},
                   {OperandKind::store, DType::float64, 1, 0, {8}, false}};
  nest.body = {{.kind = InstructionKind::load, .attribute = 0},
               {.kind = InstructionKind::scalar, .op = Op::add, .arguments = {0, 0, no_value}},
               {.kind = InstructionKind::store, .arguments = {1, no_value, no_value}, .attribute = 1}};
  return nest;
}

template <class Break>
void check_broken(Break&& break_rule, const char* message) {
  LoopNest nest = doubled();
  verify(nest);
  break_rule(nest);
  CHECK_THROWS_WITH_AS(verify(nest), message, Error);
}

}  // namespace

TEST_CASE("loop nests") {
  check_broken([](LoopNest& n) { n.axes[0].extent = -1; }, "loop nest: an extent is negative");
  check_broken([](LoopNest& n) { n.axes[0].kind = AxisKind::reduce; },
               "loop nest: a reduce axis without an accumulator");
  check_broken(
      [](LoopNest& n) {
        n.axes.push_back({1, AxisKind::parallel});
      },
      "loop nest: an operand's strides do not match the axes");
  check_broken([](LoopNest& n) { n.body[1].arguments[0] = 1; }, "loop nest: an instruction uses a later value");
  check_broken([](LoopNest& n) { n.body[0].attribute = 1; },
               "loop nest: a load of a store operand, or the other way round");
  check_broken([](LoopNest& n) { n.body[0].attribute = 7; }, "loop nest: an operand that is not there");
  check_broken([](LoopNest& n) { n.operands[0].in_epilogue = true; }, "loop nest: an operand of the other part");
  check_broken([](LoopNest& n) { n.body[0].dtype = DType::int32; }, "loop nest: a load or store of another dtype");
  check_broken([](LoopNest& n) { n.body[1].op = Op::negative; }, "loop nest: negative takes 1 value");
  check_broken([](LoopNest& n) { n.body[1].dtype = DType::float32; }, "loop nest: add gives another dtype");
  check_broken([](LoopNest& n) { n.body[0].kind = InstructionKind::constant; },
               "loop nest: a constant that is not there");
  check_broken(
      [](LoopNest& n) {
        n.body[2] = {.kind = InstructionKind::accumulate, .arguments = {1, no_value, no_value}};
      },
      "loop nest: a misplaced accumulate");
}

TEST_CASE("array graphs") {
  Function function;
  Graph& graph = function.graph;
  const NodeId x = graph.input(0, DType::float64, {3, 4}), i = graph.input(1, DType::int32, {3, 4});
  function.outputs = {graph.scalar(Op::add, {{x, x}})};
  verify(function);

  Function mixed = function;
  mixed.graph.scalar(Op::add, {{x, i}});
  CHECK_THROWS_WITH_AS(verify(mixed), "graph: node 3: operands of different dtypes", Error);
  Function outside = function;
  outside.graph.view(x, AffineView::slice({3, 4}, 0, 2, 1, 3));
  CHECK_THROWS_WITH_AS(verify(outside), "graph: node 3: a view that leaves its source", Error);
  Function resized = function;
  resized.graph.reshape(x, {5});
  CHECK_THROWS_WITH_AS(verify(resized), "graph: node 3: a reshape of another size", Error);
  Function missing = function;
  missing.outputs.push_back(99);
  CHECK_THROWS_WITH_AS(verify(missing), "graph: an output that is not there", Error);
  CHECK_THROWS_AS(graph.scalar(Op::add, {{x, graph.constant(DType::float64, 0)}}), Error);
}

// The innermost loop: whole vectors, then the tail.
#pragma once

#include <vector>

#include "codegen/llvm/evaluate.hpp"

namespace fuseval::codegen {

/// How a part of a nest runs along its lane axis.
struct LanePlan {
  int lanes = 1;
  int unroll = 1;
  bool masked_tail = false;  ///< the tail is one masked vector; otherwise it runs element by element
};

/// Lanes fill a register with the widest dtype that occurs, so that no operation needs two.
LanePlan plan_lanes(const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis,
                    const Target& target);
/// Relative work of one element in the lane loop (ir/ops.def), hoisted instructions left out.
int lane_cost(const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis);

/// Emits the loop over [begin, end), begin <= end, of the lane axis. Visit: void(std::vector<Lanes>&), with `unroll`
/// whole vectors or one tail vector, not yet evaluated.
template <class Visit>
void lane_loop(Frame& frame, const LanePlan& plan, llvm::Value* begin, llvm::Value* end, Visit&& visit) {
  auto& ir = frame.ir;
  const auto vectors = [&](llvm::Value* i, int lanes, int count) {
    std::vector<Lanes> list;
    for (int k = 0; k < count; ++k)
      list.push_back({frame.emitter(lanes), k == 0 ? i : ir.CreateAdd(i, frame.number(k * lanes))});
    return list;
  };
  const auto run = [&](llvm::Value* i, int lanes, int count) {
    std::vector<Lanes> list = vectors(i, lanes, count);
    visit(list);
  };
  if (plan.lanes == 1) {
    frame.loop(begin, end, frame.number(1), [&](llvm::Value* i) { run(i, 1, 1); });
    return;
  }
  const int step = plan.lanes * plan.unroll;
  llvm::Value* whole = ir.CreateAnd(ir.CreateSub(end, begin), frame.number(-step));
  llvm::Value* tail = ir.CreateAdd(begin, whole);
  frame.loop(begin, tail, frame.number(step), [&](llvm::Value* i) { run(i, plan.lanes, plan.unroll); });
  frame.loop(tail, end, frame.number(plan.masked_tail ? plan.lanes : 1), [&](llvm::Value* i) {
    if (!plan.masked_tail) return run(i, 1, 1);
    std::vector<Lanes> list = vectors(i, plan.lanes, 1);
    list[0].mask = tail_mask(list[0].emitter, ir.CreateSub(end, i));
    visit(list);
  });
}

/// Loads of all vectors, then operations, then stores: an output may be an input of the same element.
inline void evaluate_vectors(const Evaluation& evaluation, std::vector<Lanes>& vectors, uint64_t streaming = 0) {
  for (Lanes& lanes : vectors) evaluation.load(lanes);
  for (Lanes& lanes : vectors) evaluation.compute(lanes);
  for (Lanes& lanes : vectors) evaluation.store(lanes, streaming);
}

}  // namespace fuseval::codegen

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
  bool strided = false;      ///< some memory is strided: its masked access is slow
  bool one_copy = false;     ///< the masked tail shares the loop of the whole vectors (unroll is 1)
};

/// Lanes fill a register with the widest dtype that occurs, so that no operation needs two.
LanePlan plan_lanes(const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis,
                    const Target& target);
/// Makes a plan emit as few copies of the body as the target allows.
void share_copy(LanePlan& plan, const Target& target);
/// Relative work of one element in the lane loop (ir/ops.def), hoisted instructions left out.
int lane_cost(const LoopNest& nest, const std::vector<Instruction>& instructions, int lane_axis);

/// Emits the loop over [begin, end), begin <= end, of the lane axis. Visit: void(std::vector<Lanes>&), with `unroll`
/// whole vectors or one masked or scalar rest, not yet evaluated.
/// first: where whole vectors shall start, begin <= first <= end and at most one vector after it; nullptr: at begin.
/// Needs a masked tail.
template <class Visit>
void lane_loop(Frame& frame, const LanePlan& plan, llvm::Value* begin, llvm::Value* end, Visit&& visit,
               llvm::Value* first = nullptr) {
  auto& ir = frame.ir;
  const auto vectors = [&](llvm::Value* i, int lanes, int count) {
    std::vector<Lanes> list;
    for (int k = 0; k < count; ++k) list.push_back({frame.emitter(lanes), i, int64_t{k} * lanes});
    return list;
  };
  const auto run = [&](llvm::Value* i, int lanes, int count) {
    std::vector<Lanes> list = vectors(i, lanes, count);
    visit(list);
  };
  if (plan.lanes == 1) {
    frame.loop(Frame::Trips::any, begin, end, 1, [&](llvm::Value* i) { run(i, 1, 1); });
    return;
  }
  const auto run_masked = [&](llvm::Value* i, llvm::Value* mask) {
    std::vector<Lanes> list = vectors(i, plan.lanes, 1);
    list[0].mask = mask;
    visit(list);
  };
  const auto mask_between = [&](llvm::Value* i, llvm::Value* stop) {
    LlvmEmitter e = frame.emitter(plan.lanes);
    return tail_mask(e, frame.smaller(ir.CreateSub(stop, i), frame.number(plan.lanes)));
  };
  const auto passes = [&](int64_t count, auto&& body) {
    frame.loop(Frame::Trips::some, frame.number(0), frame.number(count), 1, body);
  };
  const auto is_pass = [&](llvm::Value* pass, int64_t which) { return ir.CreateICmpEQ(pass, frame.number(which)); };
  const int step = plan.lanes * plan.unroll;
  llvm::Value* start = first ? first : begin;
  llvm::Value* tail = ir.CreateAdd(start, ir.CreateAnd(ir.CreateSub(end, start), frame.number(-step)));
  if (plan.one_copy) {
    // Passes: what comes before `first`, if there is such a thing; the whole vectors, whose mask is all true; the tail.
    const int64_t last = first ? 2 : 1;
    passes(last + 1, [&](llvm::Value* pass) {
      llvm::Value* is_tail = is_pass(pass, last);
      llvm::Value* i = ir.CreateSelect(is_tail, tail, start);
      llvm::Value* stop = ir.CreateSelect(is_tail, end, tail);
      if (first) {
        llvm::Value* is_head = is_pass(pass, 0);
        i = ir.CreateSelect(is_head, begin, i);
        stop = ir.CreateSelect(is_head, first, stop);
      }
      llvm::Value* mask = mask_between(i, stop);
      frame.loop(Frame::Trips::any, i, stop, step, [&](llvm::Value* k) { run_masked(k, mask); });
    });
    return;
  }
  const auto whole = [&](llvm::Value* from) {
    frame.loop(Frame::Trips::any, from, tail, step, [&](llvm::Value* i) { run(i, plan.lanes, plan.unroll); });
  };
  if (first) {
    // Two passes: up to `first` and the whole vectors, then the tail. The masked copy serves both ends.
    passes(2, [&](llvm::Value* pass) {
      llvm::Value* is_head = is_pass(pass, 0);
      llvm::Value* stop = ir.CreateSelect(is_head, first, end);
      frame.loop(Frame::Trips::any, ir.CreateSelect(is_head, begin, tail), stop, plan.lanes,
                 [&](llvm::Value* i) { run_masked(i, mask_between(i, stop)); });
      whole(ir.CreateSelect(is_head, first, tail));
    });
    return;
  }
  whole(begin);
  if (plan.masked_tail)
    frame.loop(Frame::Trips::any, tail, end, plan.lanes, [&](llvm::Value* i) { run_masked(i, mask_between(i, end)); });
  else
    frame.loop(Frame::Trips::any, tail, end, 1, [&](llvm::Value* i) { run(i, 1, 1); });
}

/// Loads of all vectors, then operations, then stores: an output may be an input of the same element.
inline void evaluate_vectors(const Evaluation& evaluation, std::vector<Lanes>& vectors, uint64_t streaming = 0) {
  for (Lanes& lanes : vectors) evaluation.load(lanes);
  for (Lanes& lanes : vectors) evaluation.compute(lanes);
  for (Lanes& lanes : vectors) evaluation.store(lanes, streaming);
}

}  // namespace fuseval::codegen

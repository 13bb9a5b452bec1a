// "reduce" in order (A) of docs/language.md: LANES accumulators, element e of a block into lane e mod LANES; the lanes
// of a block by halving; blocks by the binary tree.
//
// The lanes live in scratch, an array for each component, and a vector of elements is merged into the LANES array where
// it belongs: that serves every body, every segment of a multi-axis reduction and every tail with one copy of the body.
// Between two uses of one vector lie LANES elements, so the store has long been forwarded to the load. A cheap body
// over one reduce axis gets registers instead, as long as there are whole rows.
//
// moment2 needs 16 rows at once (moment_leaves.hpp).
//
// Finished blocks go onto a stack, on which two neighbouring subtrees merge as soon as both are complete: after k
// blocks it holds popcount(k) states. At the end all that is left merges from the top, so that an odd last one passes
// up.
#include <algorithm>
#include <deque>

#include "codegen/llvm/kernel_reduce.hpp"
#include "codegen/llvm/moment_leaves.hpp"
#include "codegen/llvm/reduce_writer.hpp"

namespace fuseval::codegen {
namespace {

constexpr int rows_in_block = 64;
// 2^40 blocks are more elements than memory has bytes.
constexpr int lanes_tree_depth = 42;

class LanesWriter : public ReduceWriter {
 public:
  LanesWriter(llvm::Module& module, const LoopNest& nest, const Target& target)
      : ReduceWriter(module, nest, target),
        lanes_(canonical_lanes(nest)),
        width_(plan_.lanes == 1 ? target.vector_bits / 64 : plan_.lanes),
        has_moments_(std::any_of(nest.accumulators.begin(), nest.accumulators.end(),
                                 [](const Accumulator& a) { return a.reduction == Reduction::moment2; })),
        in_registers_(fits_registers()) {
    // Then the loop into the arrays sees less than a row.
    if (in_registers_) share_copy(plan_, target);
  }

 private:
  void allocate() override {
    for (const Accumulator& accumulator : nest_.accumulators) {
      const bool is_moment = accumulator.reduction == Reduction::moment2;
      if (is_moment) moments_.emplace_back(frame_, scratch_, alike_, accumulator, lanes_, width_);
      moment_of_.push_back(is_moment ? &moments_.back() : nullptr);
      arrays_.push_back(is_moment ? moments_.back().lanes() : take_arrays(accumulator));
    }
    stack_ = scratch_.take(lanes_tree_depth * layout_.bytes());
    depth_ = frame_.variable(ir.getInt64Ty(), "depth");
    used_ = frame_.variable(ir.getInt64Ty(), "used");
  }
  // The last vector of a row may reach beyond it.
  Pointers take_arrays(const Accumulator& accumulator) {
    Pointers arrays{};
    for (int k = 0; k < component_count(accumulator.reduction); ++k)
      arrays[static_cast<size_t>(k)] = scratch_.take(int64_t{lanes_ + width_} * component_bytes(accumulator, k));
    return arrays;
  }

  // ---- outputs

  void output(const Evaluation& outside) override {
    Evaluation evaluation = outside;
    ir.CreateStore(frame_.number(0), depth_);
    LlvmEmitter e = frame_.emitter(plan_.lanes);
    if (reduce_rank() < 2)
      evaluation.prepare(e);
    else
      set_index();
    frame_.loop(Frame::Trips::some, first(), last(), block_size(), [&](llvm::Value* begin) {
      llvm::Value* end = frame_.smaller(ir.CreateAdd(begin, frame_.number(block_size())), last());
      block(evaluation, begin, end);
      fold_lanes();
      push(begin, end);
    });
    copy_record(stack_, record());
    advance_record(frame_.number(1));
  }

  int64_t block_size() const { return int64_t{rows_in_block} * lanes_; }

  void copy_record(llvm::Value* from, llvm::Value* to) {
    LlvmEmitter e = frame_.emitter(1);
    for (size_t k = 0; k < nest_.accumulators.size(); ++k)
      store_components(e, nest_.accumulators[k], load_components(e, nest_.accumulators[k], in_record_at(k, from)),
                       in_record_at(k, to));
  }

  // ---- the tree over blocks

  llvm::Value* stack_entry(llvm::Value* position) {
    return frame_.advance(stack_, ir.CreateMul(position, frame_.number(layout_.bytes())));
  }

  // The block's state is in lane 0 of the arrays.
  void push(llvm::Value* begin, llvm::Value* end) {
    LlvmEmitter e = frame_.emitter(1);
    llvm::Value* depth = read(depth_);
    for (size_t k = 0; k < nest_.accumulators.size(); ++k)
      store_components(e, nest_.accumulators[k], load_components(e, nest_.accumulators[k], arrays_[k]),
                       in_record_at(k, stack_entry(depth)));
    llvm::Value* done = ir.CreateSDiv(ir.CreateSub(begin, first()), frame_.number(block_size()));
    llvm::Value* complete = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, ir.CreateAdd(done, frame_.number(1)));
    llvm::Value* goal = ir.CreateSelect(ir.CreateICmpEQ(end, last()), frame_.number(1), complete);
    ir.CreateStore(ir.CreateAdd(depth, frame_.number(1)), depth_);
    merge_down(goal);
  }

  // Merges the two topmost states until `goal` are left.
  void merge_down(llvm::Value* goal) {
    frame_.loop_while([&] { return ir.CreateICmpSGT(read(depth_), goal); },
                      [&] {
                        LlvmEmitter e = frame_.emitter(1);
                        llvm::Value* depth = ir.CreateSub(read(depth_), frame_.number(1));
                        llvm::Value* right = stack_entry(depth);
                        llvm::Value* left = frame_.advance(right, -layout_.bytes());
                        for (size_t k = 0; k < nest_.accumulators.size(); ++k) merge_into(e, k, left, right);
                        ir.CreateStore(depth, depth_);
                      });
  }
  void merge_into(LlvmEmitter& e, size_t k, llvm::Value* left, llvm::Value* right) {
    const Pointers to = in_record_at(k, left);
    merge_alike(e, alike_, nest_.accumulators[k], to, in_record_at(k, right));
  }

  // ---- a block: elements into lanes

  void block(const Evaluation& evaluation, llvm::Value* begin, llvm::Value* end) {
    llvm::Value* count = ir.CreateSub(end, begin);
    ir.CreateStore(frame_.smaller(count, frame_.number(lanes_)), used_);
    if (in_registers_) return block_in_registers(evaluation, begin, end);
    clear_lanes();
    if (!has_moments_) return range(evaluation, begin, end);
    const int64_t group = moments_.front().group();
    frame_.loop(Frame::Trips::some, begin, end, group, [&](llvm::Value* from) {
      llvm::Value* to = frame_.smaller(ir.CreateAdd(from, frame_.number(group)), end);
      range(evaluation, from, to);
      for (MomentLeaves& moments : moments_) moments.add_group(begin, from, to, end);
    });
  }

  Pointers at_slot(size_t accumulator, llvm::Value* slot) { return in_arrays(accumulator, arrays_[accumulator], slot); }
  Pointers shifted(const Accumulator& accumulator, Pointers pointers, int64_t elements) {
    for (int k = 0; k < component_count(accumulator.reduction); ++k) {
      llvm::Value*& pointer = pointers[static_cast<size_t>(k)];
      pointer = frame_.advance(pointer, elements * component_bytes(accumulator, k));
    }
    return pointers;
  }

  void clear_lanes() {
    LlvmEmitter e = frame_.emitter(width_);
    frame_.loop(Frame::Trips::some, frame_.number(0), read(used_), width_, [&](llvm::Value* slot) {
      for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
        const Accumulator& accumulator = nest_.accumulators[k];
        if (moment_of_[k]) continue;
        store_components(e, accumulator, identity(accumulator.reduction, accumulator.dtype, e), at_slot(k, slot));
      }
    });
  }

  // Elements [begin, end) of the reduced numbering; both lie in one block and one group of rows.
  void range(const Evaluation& evaluation, llvm::Value* begin, llvm::Value* end) {
    if (reduce_rank() < 2) return rows(evaluation, begin, begin, end);
    llvm::Value* at = frame_.variable(ir.getInt64Ty(), "element");
    ir.CreateStore(begin, at);
    frame_.loop_while([&] { return ir.CreateICmpSLT(read(at), end); }, [&] { segment(evaluation, at, end); });
  }

  // Elements [e0, end), which lie one after another on the lane axis from index `start` on: row by row of lanes.
  void rows(const Evaluation& evaluation, llvm::Value* start, llvm::Value* e0, llvm::Value* end) {
    llvm::Value* row0 = ir.CreateAnd(e0, frame_.number(-lanes_));
    llvm::Value* shift = ir.CreateSub(start, e0);  // lane axis index = element + shift
    frame_.loop(Frame::Trips::some, row0, end, lanes_, [&](llvm::Value* first_of_row) {
      llvm::Value* from = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smax, first_of_row, e0);
      llvm::Value* to = frame_.smaller(ir.CreateAdd(first_of_row, frame_.number(lanes_)), end);
      row(evaluation, from, to, shift, first_of_row);
    });
  }
  // Elements [from, to) of the row of lanes that begins with element `first_of_row`.
  void row(const Evaluation& evaluation, llvm::Value* from, llvm::Value* to, llvm::Value* shift,
           llvm::Value* first_of_row) {
    lane_loop(frame_, plan_, ir.CreateAdd(from, shift), ir.CreateAdd(to, shift), [&](std::vector<Lanes>& vectors) {
      evaluate_vectors(evaluation, vectors);
      for (Lanes& lanes : vectors) take(evaluation, lanes, ir.CreateSub(lanes.index(), shift), first_of_row);
    });
  }

  // Merges a vector's elements, the first of which is number `element`, into their lanes.
  void take(const Evaluation& evaluation, Lanes& lanes, llvm::Value* element, llvm::Value* row) {
    LlvmEmitter& e = lanes.emitter;
    llvm::Value* slot = ir.CreateSub(element, row);
    for (const Instruction& instruction : nest_.body) {
      if (instruction.kind != InstructionKind::accumulate) continue;
      const size_t k = instruction.attribute;
      const Accumulator& accumulator = nest_.accumulators[k];
      const LlvmValue value = evaluation.value(instruction.arguments[0], lanes);
      if (moment_of_[k]) {
        moment_of_[k]->keep(e, value, element);
        continue;
      }
      const Pointers at = at_slot(k, slot);
      const LlvmState before = load_components(e, accumulator, at);
      // merge, not accumulate: an element may equal the identity, and must then win by its index.
      const LlvmState one =
          element_state<LlvmEmitter>(accumulator.reduction, value, numbers(e, accumulator, element, 1), e);
      LlvmState after = merge_states(e, accumulator, before, one);
      if (lanes.mask) after = select_state(e, lanes.mask, accumulator, after, before);
      store_components(e, accumulator, after, at);
    }
  }

  // ---- several reduce axes

  // One run along the last axis, from element *at up to `end` or the end of the axis.
  void segment(const Evaluation& outside, llvm::Value* at, llvm::Value* end) {
    const int inner = nest_.rank() - 1;
    llvm::Value* e0 = read(at);
    llvm::Value* start = read(index_of(inner));
    llvm::Value* stop = frame_.smaller(ir.CreateAdd(start, ir.CreateSub(end, e0)), frame_.extent(inner));
    llvm::Value* next = ir.CreateAdd(e0, ir.CreateSub(stop, start));
    Evaluation evaluation = outside;
    for (int axis = parallel_; axis < inner; ++axis) evaluation.enter(axis, read(index_of(axis)));
    evaluation.hoist();
    LlvmEmitter e = frame_.emitter(plan_.lanes);
    evaluation.prepare(e);
    rows(evaluation, start, e0, next);
    ir.CreateStore(next, at);
    ir.CreateStore(stop, index_of(inner));
    carry_index(inner);
  }

  // ---- lanes to one state

  // By halving; what lies beyond the used lanes is the identity, so those need no merge. The state ends up in lane 0.
  void fold_lanes() {
    LlvmEmitter e = frame_.emitter(width_);
    llvm::Value* half = frame_.variable(ir.getInt64Ty(), "half");
    ir.CreateStore(frame_.number(lanes_ / 2), half);
    const auto load_half = [&] { return read(half); };
    frame_.loop_while([&] { return ir.CreateICmpSGE(load_half(), frame_.number(width_)); },
                      [&] {
                        llvm::Value* distance = load_half();
                        llvm::Value* used = read(used_);
                        frame_.loop(Frame::Trips::any, frame_.number(0), ir.CreateSub(used, distance), width_,
                                    [&](llvm::Value* slot) { merge_slots(e, slot, distance); });
                        ir.CreateStore(frame_.smaller(used, distance), used_);
                        ir.CreateStore(ir.CreateLShr(distance, frame_.number(1)), half);
                      });
    for (size_t k = 0; k < nest_.accumulators.size(); ++k) fold_vector(k);
  }
  void merge_slots(LlvmEmitter& e, llvm::Value* slot, llvm::Value* distance) {
    for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
      const Pointers left = at_slot(k, slot);  // in this order with any compiler
      merge_alike(e, alike_, nest_.accumulators[k], left, at_slot(k, ir.CreateAdd(slot, distance)));
    }
  }
  void fold_vector(size_t k) {
    LlvmEmitter e = frame_.emitter(width_);
    const Accumulator& accumulator = nest_.accumulators[k];
    alike_.run("fold", e, accumulator, {&arrays_[k], 1},
               [&](std::span<const Pointers> own) { fold_vector(accumulator, own[0]); });
  }
  // The lanes of the first vector of arrays.
  void fold_vector(const Accumulator& accumulator, const Pointers& arrays) {
    LlvmEmitter whole = frame_.emitter(width_);
    LlvmState state = load_components(whole, accumulator, arrays);
    for (int half = width_ / 2; half >= 1; half /= 2) {
      LlvmEmitter e = frame_.emitter(half);
      const LlvmState left = part(accumulator, state, 0, half);
      state = merge_states(e, accumulator, left, part(accumulator, state, half, half));
    }
    LlvmEmitter e = frame_.emitter(1);
    store_components(e, accumulator, state, arrays);
  }
  LlvmState part(const Accumulator& accumulator, const LlvmState& state, int from, int count) {
    std::vector<int> lanes;
    for (int k = 0; k < count; ++k) lanes.push_back(from + k);
    LlvmState result{};
    for (size_t k = 0; k < static_cast<size_t>(component_count(accumulator.reduction)); ++k)
      result[k] = {count == 1 ? ir.CreateExtractElement(state[k].value, static_cast<uint64_t>(from))
                              : ir.CreateShuffleVector(state[k].value, lanes),
                   state[k].dtype};
    return result;
  }

  // ---- whole rows in registers

  // A row goes by in groups of up to 8 vectors: half a row with AVX2, whose 16 registers also hold what is added. Every
  // vector of a group is a copy of the body.
  int group_vectors() const { return std::min(lanes_ / width_, 8); }

  bool fits_registers() const {
    if (reduce_rank() != 1 || plan_.lanes == 1 || has_moments_) return false;
    int cost = lane_cost(nest_, nest_.body, nest_.vector_axis());
    int components = 0;
    for (const Accumulator& accumulator : nest_.accumulators) {
      const bool compares = accumulator.reduction != Reduction::sum && accumulator.reduction != Reduction::prod;
      cost += compares && !is_bool(accumulator.dtype) ? 4 : 0;
      components += component_count(accumulator.reduction);
    }
    return cost <= 8 && group_vectors() * components <= 16;
  }

  void block_in_registers(const Evaluation& evaluation, llvm::Value* begin, llvm::Value* end) {
    llvm::Value* whole = ir.CreateAdd(begin, ir.CreateAnd(ir.CreateSub(end, begin), frame_.number(-lanes_)));
    frame_.when(ir.CreateICmpEQ(whole, begin), [&] { clear_lanes(); });
    const int group = group_vectors() * width_;
    frame_.when(ir.CreateICmpSGT(whole, begin), [&] {
      frame_.loop(Frame::Trips::some, frame_.number(0), frame_.number(lanes_), group, [&](llvm::Value* slot) {
        store_group(slot, rows_of_group(evaluation, ir.CreateAdd(begin, slot), whole));
      });
    });
    frame_.when(ir.CreateICmpSLT(whole, end), [&] { row(evaluation, whole, end, frame_.number(0), whole); });
  }

  // Every LANES-th group of elements in [from, to), from group to group in registers.
  std::vector<llvm::Value*> rows_of_group(const Evaluation& evaluation, llvm::Value* from, llvm::Value* to) {
    LlvmEmitter e = frame_.emitter(width_);
    std::vector<llvm::Value*> empty;
    for (int v = 0; v < group_vectors(); ++v)
      for (const Accumulator& accumulator : nest_.accumulators)
        flatten(accumulator, identity(accumulator.reduction, accumulator.dtype, e), empty);
    return frame_.carry(
        Frame::Trips::some, from, to, lanes_, empty,
        [&](llvm::Value* row, const std::vector<llvm::Value*>& before) { return add_group(evaluation, row, before); });
  }

  std::vector<llvm::Value*> add_group(const Evaluation& evaluation, llvm::Value* first_element,
                                      const std::vector<llvm::Value*>& before) {
    std::vector<Lanes> vectors;
    for (int v = 0; v < group_vectors(); ++v)
      vectors.push_back({frame_.emitter(width_), first_element, int64_t{v} * width_});
    evaluate_vectors(evaluation, vectors);
    std::vector<llvm::Value*> after;
    size_t next = 0;
    for (Lanes& lanes : vectors)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
        const Accumulator& accumulator = nest_.accumulators[k];
        const LlvmState state = unflatten(accumulator, before, next);
        const LlvmState one =
            element_state<LlvmEmitter>(accumulator.reduction, evaluation.value(accumulated_[k], lanes),
                                       numbers(lanes.emitter, accumulator, lanes.index(), 1), lanes.emitter);
        flatten(accumulator, merge_states(lanes.emitter, accumulator, state, one), after);
      }
    return after;
  }

  void store_group(llvm::Value* slot, const std::vector<llvm::Value*>& values) {
    LlvmEmitter e = frame_.emitter(width_);
    size_t next = 0;
    for (int v = 0; v < group_vectors(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k)
        store_components(e, nest_.accumulators[k], unflatten(nest_.accumulators[k], values, next),
                         shifted(nest_.accumulators[k], at_slot(k, slot), int64_t{v} * width_));
  }

  int lanes_;  // LANES
  int width_;  // lanes of the vectors in which the arrays are merged
  bool has_moments_;
  bool in_registers_;
  const std::vector<uint32_t> accumulated_ = accumulated_values(nest_);  // by accumulator: the value that it takes
  const AlikeAccumulators alike_{nest_};
  std::vector<Pointers> arrays_;  // by accumulator: LANES elements of each component
  std::deque<MomentLeaves> moments_;
  std::vector<MomentLeaves*> moment_of_;  // by accumulator
  llvm::Value* stack_ = nullptr;
  llvm::Value *depth_ = nullptr, *used_ = nullptr;  // variables
};

}  // namespace

int64_t emit_reduce_lanes(llvm::Module& module, const LoopNest& nest, const Target& target) {
  return LanesWriter(module, nest, target).write();
}

}  // namespace fuseval::codegen

// "reduce" in LANGUAGE.md's order (B): the last axis is kept, so its columns are the vector lanes; each column adds 16
// consecutive elements serially, and the sums of 16 merge up the binary tree.
//
// Columns are taken in tiles and a tile goes down all rows before the next one starts: its part of the tree, a stack of
// rows of states, stays in the cache. Within 16 rows, a few vectors of columns at a time go down together, which hides
// the latency of the additions; FACTS: 94 to 101 GB/s in cache, against 47 to 68 for order (A)'s lanes here.
//
// The stack of a column is the one of order (A): after k blocks of 16 it holds popcount(k) states.
#include "codegen/llvm/kernel_reduce.hpp"
#include "codegen/llvm/reduce_writer.hpp"

namespace fuseval::codegen {
namespace {

constexpr int block_rows = 16;
constexpr int tile_columns = 512;
constexpr int column_unroll = 4;
// 2^40 blocks of 16 are more than a kernel lives to see.
constexpr int max_tree_depth = 42;

// The states of the vectors of columns that go down together, as loop-carried values.
using Values = std::vector<llvm::Value*>;

class SerialWriter : public ReduceWriter {
 public:
  SerialWriter(llvm::Module& module, const LoopNest& nest, const Target& target) : ReduceWriter(module, nest, target) {
    if (plan_.unroll > 1) plan_.unroll = column_unroll;
  }

 private:
  int columns() const { return parallel_ - 1; }
  int outer_axes() const override { return parallel_ == 0 ? 0 : parallel_ - 1; }

  void allocate() override {
    const int64_t lanes = plan_.lanes;
    for (const Accumulator& accumulator : nest_.accumulators) {
      Pointers stack{};
      for (int k = 0; k < component_count(accumulator.reduction); ++k)
        stack[static_cast<size_t>(k)] =
            scratch_.take((int64_t{max_tree_depth} * tile_columns + lanes) * component_bytes(accumulator, k));
      stacks_.push_back(stack);
      const bool moments = accumulator.reduction == Reduction::moment2;
      stages_.push_back(moments ? scratch_.take(block_rows * column_unroll * lanes * size_of(accumulator.dtype))
                                : nullptr);
    }
    // Where the rows of a block lie on each of several reduce axes.
    for (int axis = parallel_; reduce_rank() > 1 && axis < nest_.rank(); ++axis)
      tables_.push_back(scratch_.take(block_rows * 8));
  }

  void output(const Evaluation& outside) override {
    Evaluation evaluation = outside;
    LlvmEmitter e = frame_.emitter(plan_.lanes);
    evaluation.prepare(e);
    llvm::Value* begin = parallel_ == 0 ? frame_.number(0) : frame_.lower(columns());
    llvm::Value* end = parallel_ == 0 ? frame_.number(1) : frame_.upper(columns());
    frame_.loop(Frame::Trips::some, begin, end, tile_columns, [&](llvm::Value* from) {
      llvm::Value* to = frame_.smaller(ir.CreateAdd(from, frame_.number(tile_columns)), end);
      tile(evaluation, from, to);
      write_records(from, to);
      advance_record(ir.CreateSub(to, from));
    });
  }

  void tile(const Evaluation& evaluation, llvm::Value* from, llvm::Value* to) {
    if (reduce_rank() > 1) set_index();
    frame_.loop(Frame::Trips::some, first(), last(), block_rows, [&](llvm::Value* element) {
      llvm::Value* end = frame_.smaller(ir.CreateAdd(element, frame_.number(block_rows)), last());
      if (reduce_rank() > 1) fill_tables(ir.CreateSub(end, element));
      lane_loop(frame_, plan_, from, to, [&](std::vector<Lanes>& vectors) {
        llvm::Value* column = ir.CreateSub(vectors.front().start, from);
        push(block(evaluation, vectors, element, end), vectors, column, element, end);
      });
    });
  }

  // ---- 16 rows

  Values identities(std::vector<Lanes>& vectors) const {
    Values values;
    for (Lanes& lanes : vectors)
      for (const Accumulator& accumulator : nest_.accumulators)
        flatten(accumulator, identity(accumulator.reduction, accumulator.dtype, lanes.emitter), values);
    return values;
  }

  // The states of elements [element, end) of each column.
  Values block(const Evaluation& outside, std::vector<Lanes>& vectors, llvm::Value* element, llvm::Value* end) {
    // What depends on the columns alone comes before the rows.
    for (Lanes& lanes : vectors) outside.load(lanes);
    for (Lanes& lanes : vectors) outside.compute(lanes);
    Values values = frame_.carry(Frame::Trips::some, element, end, 1, identities(vectors),
                                 [&](llvm::Value* number, const Values& before) {
                                   return row(outside, vectors, number, ir.CreateSub(number, element), before);
                                 });
    return moments(vectors, ir.CreateSub(end, element), values);
  }

  Values row(const Evaluation& outside, const std::vector<Lanes>& columns, llvm::Value* number, llvm::Value* in_block,
             const Values& before) {
    Evaluation evaluation = outside;
    for (int axis = parallel_; axis < nest_.rank(); ++axis)
      evaluation.enter(axis, reduce_rank() == 1 ? number : read(table_entry(axis, in_block)));
    evaluation.hoist();
    std::vector<Lanes> vectors = columns;
    evaluate_vectors(evaluation, vectors);
    Values after;
    size_t next = 0;
    for (size_t v = 0; v < vectors.size(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
        const LlvmState state = unflatten(nest_.accumulators[k], before, next);
        flatten(nest_.accumulators[k], take(evaluation, vectors, v, k, state, number, in_block), after);
      }
    return after;
  }

  LlvmState take(const Evaluation& evaluation, std::vector<Lanes>& vectors, size_t v, size_t k, const LlvmState& state,
                 llvm::Value* number, llvm::Value* in_block) {
    const Accumulator& accumulator = nest_.accumulators[k];
    LlvmEmitter& e = vectors[v].emitter;
    const LlvmValue value = evaluation.value(accumulated_[k], vectors[v]);
    if (accumulator.reduction == Reduction::moment2) {
      store(e, value, {stage_row(k, vectors, v, in_block)}, nullptr);
      return {state[0], e.add(state[1], value), state[2]};  // a plain sum until `moments`
    }
    return merge_states(
        e, accumulator, state,
        element_state<LlvmEmitter>(accumulator.reduction, value, numbers(e, accumulator, number, 0), e));
  }

  // ---- moment2: its rows are kept, and their sum is in place of the mean

  llvm::Value* stage_row(size_t k, const std::vector<Lanes>& vectors, size_t v, llvm::Value* in_block) {
    const int64_t lanes = vectors.front().emitter.lanes();
    const int64_t vector_bytes = lanes * size_of(nest_.accumulators[k].dtype);
    llvm::Value* rows = ir.CreateMul(in_block, frame_.number(vector_bytes * static_cast<int64_t>(vectors.size())));
    return frame_.advance(frame_.advance(stages_[k], rows), vector_bytes * static_cast<int64_t>(v));
  }

  Values moments(std::vector<Lanes>& vectors, llvm::Value* rows, const Values& values) {
    Values after;
    size_t next = 0;
    for (size_t v = 0; v < vectors.size(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
        const Accumulator& accumulator = nest_.accumulators[k];
        const LlvmState state = unflatten(accumulator, values, next);
        const bool is_moment = accumulator.reduction == Reduction::moment2;
        flatten(accumulator, is_moment ? leaf(k, vectors, v, rows, state[1]) : state, after);
      }
    return after;
  }

  LlvmState leaf(size_t k, std::vector<Lanes>& vectors, size_t v, llvm::Value* rows, LlvmValue sum) {
    LlvmEmitter& e = vectors[v].emitter;
    const DType dtype = sum.dtype;
    const LlvmValue count = e.splat({ir.CreateSIToFP(rows, e.element_type(dtype)), dtype});
    const LlvmValue mean = e.div(sum, count);
    const Values square = frame_.carry(Frame::Trips::some, frame_.number(0), rows, 1, {e.real(dtype, 0).value},
                                       [&](llvm::Value* in_block, const Values& total) {
                                         const LlvmValue x =
                                             codegen::load(e, dtype, {stage_row(k, vectors, v, in_block)}, nullptr);
                                         const LlvmValue deviation = e.sub(x, mean);
                                         return Values{e.add({total[0], dtype}, e.mul(deviation, deviation)).value};
                                       });
    return {count, mean, {square[0], dtype}};
  }

  // ---- the tree

  Pointers level(size_t k, llvm::Value* depth, llvm::Value* column) {
    llvm::Value* slot = ir.CreateAdd(ir.CreateMul(depth, frame_.number(tile_columns)), column);
    return in_arrays(k, stacks_[k], slot);
  }

  void push(const Values& states, std::vector<Lanes>& vectors, llvm::Value* column, llvm::Value* element,
            llvm::Value* end) {
    llvm::Value* done = ir.CreateLShr(ir.CreateSub(element, first()), frame_.number(4));
    llvm::Value* depth = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, done);
    llvm::Value* complete = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, ir.CreateAdd(done, frame_.number(1)));
    llvm::Value* goal = ir.CreateSelect(ir.CreateICmpEQ(end, last()), frame_.number(1), complete);
    llvm::Value* merges = ir.CreateSub(ir.CreateAdd(depth, frame_.number(1)), goal);
    const Values merged = frame_.carry(Frame::Trips::any, frame_.number(0), merges, 1, states,
                                       [&](llvm::Value* step, const Values& right) {
                                         llvm::Value* below = ir.CreateSub(ir.CreateSub(depth, frame_.number(1)), step);
                                         return merge_level(vectors, column, below, right);
                                       });
    llvm::Value* top = ir.CreateSub(goal, frame_.number(1));
    size_t next = 0;
    for (size_t v = 0; v < vectors.size(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k)
        store_components(vectors[v].emitter, nest_.accumulators[k], unflatten(nest_.accumulators[k], merged, next),
                         level(k, top, vector_column(vectors, v, column)));
  }
  llvm::Value* vector_column(const std::vector<Lanes>& vectors, size_t v, llvm::Value* column) {
    return ir.CreateAdd(column, frame_.number(static_cast<int64_t>(v) * vectors.front().emitter.lanes()));
  }

  Values merge_level(std::vector<Lanes>& vectors, llvm::Value* column, llvm::Value* below, const Values& right) {
    Values after;
    size_t next = 0;
    for (size_t v = 0; v < vectors.size(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
        const Accumulator& accumulator = nest_.accumulators[k];
        LlvmEmitter& e = vectors[v].emitter;
        const LlvmState later = unflatten(accumulator, right, next);
        const LlvmState earlier = load_components(e, accumulator, level(k, below, vector_column(vectors, v, column)));
        flatten(accumulator, merge_states(e, accumulator, earlier, later), after);
      }
    return after;
  }

  // ---- several reduce axes

  llvm::Value* table_entry(int axis, llvm::Value* in_block) {
    return ir.CreateGEP(ir.getInt64Ty(), tables_[static_cast<size_t>(axis - parallel_)], in_block);
  }
  // The indices of the next `rows` elements.
  void fill_tables(llvm::Value* rows) {
    frame_.loop(Frame::Trips::some, frame_.number(0), rows, 1, [&](llvm::Value* in_block) {
      for (int axis = parallel_; axis < nest_.rank(); ++axis)
        ir.CreateStore(read(index_of(axis)), table_entry(axis, in_block));
      const int inner = nest_.rank() - 1;
      ir.CreateStore(ir.CreateAdd(read(index_of(inner)), frame_.number(1)), index_of(inner));
      carry_index(inner);
    });
  }

  // ---- results

  // The states of columns [from, to) are at the bottom of the stack.
  void write_records(llvm::Value* from, llvm::Value* to) {
    LanePlan plan;
    const Accumulator& front = nest_.accumulators.front();
    const DType memory = is_bool(component_of(front, 0)) ? DType::uint8 : component_of(front, 0);
    if (layout_.is_single() && plan_.lanes > 1) {
      plan.lanes = plan_.lanes;
      plan.masked_tail = can_mask(frame_.target, LayoutClass::contiguous, memory);
    }
    llvm::Value* base = record();
    lane_loop(frame_, plan, frame_.number(0), ir.CreateSub(to, from), [&](std::vector<Lanes>& vectors) {
      Lanes& lanes = vectors.front();
      llvm::Value* output = frame_.advance(base, ir.CreateMul(lanes.index(), frame_.number(layout_.bytes())));
      for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
        const LlvmState state =
            load_components(lanes.emitter, nest_.accumulators[k], level(k, frame_.number(0), lanes.index()));
        const Pointers place = in_record_at(k, output);
        for (size_t c = 0; c < static_cast<size_t>(component_count(nest_.accumulators[k].reduction)); ++c)
          store(lanes.emitter, state[c], {place[c]}, lanes.mask);
      }
    });
  }

  std::vector<Pointers> stacks_;      // by accumulator: its stack, tile_columns states a level
  std::vector<llvm::Value*> stages_;  // by accumulator: moment2's 16 rows
  std::vector<llvm::Value*> tables_;  // by reduce axis
  const std::vector<uint32_t> accumulated_ = accumulated_values(nest_);  // by accumulator: the value that it takes
};

}  // namespace

int64_t emit_reduce_serial(llvm::Module& module, const LoopNest& nest, const Target& target) {
  return SerialWriter(module, nest, target).write();
}

}  // namespace fuseval::codegen

// "reduce" in order (B) of docs/language.md: the last axis is kept, so its columns are the vector lanes; each column
// adds 16 consecutive elements serially, and the sums of 16 merge up the binary tree.
//
// Columns are taken in tiles and a tile goes down all rows before the next one starts: its part of the tree, a stack of
// rows of states, stays in the cache. Its rows are read in groups: along the whole tile, a few vectors of columns go
// down the group's rows together, which hides the latency of the additions, and the states of a block that is not
// complete wait in a row of scratch memory. How many rows make a group decides what memory gives, as the hardware
// prefetchers follow long runs; it never changes a bit. Measured for sum(a*b, axis=0), float64, on Zen 4, where
// sum(a*b) has 29 GB/s:
//
//   rows of a group                       1     4    16
//   2000 x 5000                                28    13
//   32000 x 1000 (a row is 8 KB)         29    21    12     one row after the other is one run through memory
//   1000000 x 10                         24    30    29     a row is less than one step of columns
//   208 x 500 float32, in the L2 cache   74    88    92     where states that wait cost most
//
// The tile of 8192 columns: 512 columns have 20 GB/s, 2048 26, 4096 29, 8192 31 (2000 x 5000, the same loop in C++).
//
// The stack of a column is the one of order (A): after k blocks of 16 it holds popcount(k) states.
#include "codegen/llvm/kernel_reduce.hpp"
#include "codegen/llvm/reduce_writer.hpp"

namespace fuseval::codegen {
namespace {

constexpr int block_shift = 4;
constexpr int block_rows = 1 << block_shift;
constexpr int group_shift = 2;
// Of one operand as wide as the first accumulator: rows that are taken one by one, and tiles that are in a cache.
constexpr int64_t narrow_bytes = 8192;
constexpr int64_t cached_bytes = 1 << 19;
constexpr int column_unroll = 4;
constexpr int wide_tile_columns = 8192;
// Moments keep three components a state and go over a block twice.
constexpr int moment_tile_columns = 512;
// 2^40 blocks of 16 are more than a kernel lives to see.
constexpr int serial_tree_depth = 42;

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
            scratch_.take((int64_t{serial_tree_depth + 1} * tile_columns() + lanes) * component_bytes(accumulator, k));
      stacks_.push_back(stack);
      stages_.push_back(is_moment(accumulator)
                            ? scratch_.take(block_rows * column_unroll * lanes * size_of(accumulator.dtype))
                            : nullptr);
    }
    // Where the rows of a group lie on each of several reduce axes.
    for (int axis = parallel_; reduce_rank() > 1 && axis < nest_.rank(); ++axis)
      tables_.push_back(scratch_.take(block_rows * 8));
  }

  static bool is_moment(const Accumulator& accumulator) { return accumulator.reduction == Reduction::moment2; }
  int tile_columns() const { return takes_blocks() ? moment_tile_columns : wide_tile_columns; }
  // Moments go over the rows of a block twice, so they take all of them at once.
  bool takes_blocks() const { return std::any_of(nest_.accumulators.begin(), nest_.accumulators.end(), is_moment); }

  void output(const Evaluation& outside) override {
    Evaluation evaluation = outside;
    LlvmEmitter e = frame_.emitter(plan_.lanes);
    evaluation.prepare(e);
    llvm::Value* begin = parallel_ == 0 ? frame_.number(0) : frame_.lower(columns());
    llvm::Value* end = parallel_ == 0 ? frame_.number(1) : frame_.upper(columns());
    frame_.loop(Frame::Trips::some, begin, end, tile_columns(), [&](llvm::Value* from) {
      llvm::Value* to = frame_.smaller(ir.CreateAdd(from, frame_.number(tile_columns())), end);
      tile(evaluation, from, to);
      write_records(from, to);
      advance_record(ir.CreateSub(to, from));
    });
  }

  // Rows [element, end), of one block.
  struct Group {
    llvm::Value* element;
    llvm::Value* end;
    llvm::Value* is_first;  // of its block
    llvm::Value* is_last;
  };

  void tile(const Evaluation& evaluation, llvm::Value* from, llvm::Value* to) {
    if (reduce_rank() > 1) set_index();
    llvm::Value* shift = rows_shift(from, to);
    llvm::Value* rows_at_once = ir.CreateShl(frame_.number(1), shift);
    llvm::Value* beyond = ir.CreateAdd(ir.CreateSub(last(), first()), ir.CreateSub(rows_at_once, frame_.number(1)));
    frame_.loop(Frame::Trips::some, frame_.number(0), ir.CreateLShr(beyond, shift), 1, [&](llvm::Value* number) {
      const Group group = group_at(ir.CreateShl(number, shift), rows_at_once);
      if (reduce_rank() > 1) fill_tables(ir.CreateSub(group.end, group.element));
      lane_loop(frame_, plan_, from, to, [&](std::vector<Lanes>& vectors) {
        llvm::Value* column = ir.CreateSub(vectors.front().start, from);
        const Values states = rows(evaluation, vectors, group, states_before(vectors, column, group));
        leave(states, vectors, column, group);
      });
    });
  }

  // Rows of a group, as a power of two: see the essay.
  llvm::Value* rows_shift(llvm::Value* from, llvm::Value* to) {
    if (takes_blocks()) return frame_.number(block_shift);
    llvm::Value* columns = ir.CreateSub(to, from);
    llvm::Value* bytes = ir.CreateMul(columns, frame_.number(size_of(nest_.accumulators.front().dtype)));
    const auto at_most = [&](llvm::Value* value, int64_t bound) {
      return ir.CreateICmpSLE(value, frame_.number(bound));
    };
    llvm::Value* one_step = at_most(columns, int64_t{plan_.lanes} * plan_.unroll);
    llvm::Value* cached = at_most(ir.CreateMul(bytes, ir.CreateSub(last(), first())), cached_bytes);
    llvm::Value* one_by_one = ir.CreateAnd(at_most(bytes, narrow_bytes), ir.CreateNot(cached));
    llvm::Value* shift = ir.CreateSelect(one_by_one, frame_.number(0), frame_.number(group_shift));
    return ir.CreateSelect(one_step, frame_.number(block_shift), shift);
  }

  void leave(const Values& states, std::vector<Lanes>& vectors, llvm::Value* column, const Group& group) {
    if (takes_blocks()) return push(states, vectors, column, group);
    frame_.when(group.is_last, [&] { push(states, vectors, column, group); });
    frame_.when(ir.CreateNot(group.is_last), [&] { store_states(states, vectors, waiting(), column); });
  }

  // Starts `rows_before` rows after first().
  Group group_at(llvm::Value* rows_before, llvm::Value* rows_at_once) {
    llvm::Value* element = ir.CreateAdd(first(), rows_before);
    llvm::Value* end = frame_.smaller(ir.CreateAdd(element, rows_at_once), last());
    llvm::Value* in_block = ir.CreateAnd(rows_before, frame_.number(block_rows - 1));
    llvm::Value* completes = ir.CreateICmpEQ(ir.CreateAdd(in_block, rows_at_once), frame_.number(block_rows));
    return {element, end, ir.CreateICmpEQ(in_block, frame_.number(0)),
            ir.CreateOr(completes, ir.CreateICmpEQ(end, last()))};
  }

  // ---- a group of rows

  Values identities(std::vector<Lanes>& vectors) const {
    Values values;
    for (Lanes& lanes : vectors)
      for (const Accumulator& accumulator : nest_.accumulators)
        flatten(accumulator, identity(accumulator.reduction, accumulator.dtype, lanes.emitter), values);
    return values;
  }

  // What the block's earlier groups left; nothing but identities in its first group. What is loaded then is of no
  // meaning: a branch there would cost more than the selection.
  Values states_before(std::vector<Lanes>& vectors, llvm::Value* column, const Group& group) {
    Values values = identities(vectors);
    if (takes_blocks()) return values;
    const Values left = load_states(vectors, waiting(), column);
    for (size_t k = 0; k < values.size(); ++k) values[k] = ir.CreateSelect(group.is_first, values[k], left[k]);
    return values;
  }

  // The states after the group's rows of each column.
  Values rows(const Evaluation& outside, std::vector<Lanes>& vectors, const Group& group, const Values& before) {
    // What depends on the columns alone comes before the rows.
    for (Lanes& lanes : vectors) outside.load(lanes);
    for (Lanes& lanes : vectors) outside.compute(lanes);
    const Values values = frame_.carry(
        Frame::Trips::some, group.element, group.end, 1, before, [&](llvm::Value* number, const Values& states) {
          return row(outside, vectors, number, ir.CreateSub(number, group.element), states);
        });
    return moments(vectors, ir.CreateSub(group.end, group.element), values);
  }

  Values row(const Evaluation& outside, const std::vector<Lanes>& columns, llvm::Value* number, llvm::Value* in_group,
             const Values& before) {
    Evaluation evaluation = outside;
    for (int axis = parallel_; axis < nest_.rank(); ++axis)
      evaluation.enter(axis, reduce_rank() == 1 ? number : read(table_entry(axis, in_group)));
    evaluation.hoist();
    std::vector<Lanes> vectors = columns;
    evaluate_vectors(evaluation, vectors);
    Values after;
    size_t next = 0;
    for (size_t v = 0; v < vectors.size(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k) {
        const LlvmState state = unflatten(nest_.accumulators[k], before, next);
        flatten(nest_.accumulators[k], take(evaluation, vectors, v, k, state, number, in_group), after);
      }
    return after;
  }

  LlvmState take(const Evaluation& evaluation, std::vector<Lanes>& vectors, size_t v, size_t k, const LlvmState& state,
                 llvm::Value* number, llvm::Value* in_group) {
    const Accumulator& accumulator = nest_.accumulators[k];
    LlvmEmitter& e = vectors[v].emitter;
    const LlvmValue value = evaluation.value(accumulated_[k], vectors[v]);
    if (accumulator.reduction == Reduction::moment2) {
      store(e, value, {stage_row(k, vectors, v, in_group)}, nullptr);
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
        flatten(accumulator, is_moment(accumulator) ? leaf(k, vectors, v, rows, state[1]) : state, after);
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
    llvm::Value* slot = ir.CreateAdd(ir.CreateMul(depth, frame_.number(tile_columns())), column);
    return in_arrays(k, stacks_[k], slot);
  }

  // Of a block that is not complete.
  llvm::Value* waiting() { return frame_.number(serial_tree_depth); }

  void push(const Values& states, std::vector<Lanes>& vectors, llvm::Value* column, const Group& group) {
    llvm::Value* done = ir.CreateLShr(ir.CreateSub(group.element, first()), frame_.number(block_shift));
    llvm::Value* depth = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, done);
    llvm::Value* complete = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, ir.CreateAdd(done, frame_.number(1)));
    llvm::Value* goal = ir.CreateSelect(ir.CreateICmpEQ(group.end, last()), frame_.number(1), complete);
    llvm::Value* merges = ir.CreateSub(ir.CreateAdd(depth, frame_.number(1)), goal);
    const Values merged = frame_.carry(Frame::Trips::any, frame_.number(0), merges, 1, states,
                                       [&](llvm::Value* step, const Values& right) {
                                         llvm::Value* below = ir.CreateSub(ir.CreateSub(depth, frame_.number(1)), step);
                                         return merge_level(vectors, column, below, right);
                                       });
    store_states(merged, vectors, ir.CreateSub(goal, frame_.number(1)), column);
  }

  Values merge_level(std::vector<Lanes>& vectors, llvm::Value* column, llvm::Value* below, const Values& right) {
    const Values left = load_states(vectors, below, column);
    Values after;
    size_t next = 0, other = 0;
    for (Lanes& lanes : vectors)
      for (const Accumulator& accumulator : nest_.accumulators) {
        const LlvmState earlier = unflatten(accumulator, left, next), later = unflatten(accumulator, right, other);
        flatten(accumulator, merge_states(lanes.emitter, accumulator, earlier, later), after);
      }
    return after;
  }

  void store_states(const Values& states, std::vector<Lanes>& vectors, llvm::Value* depth, llvm::Value* column) {
    size_t next = 0;
    for (size_t v = 0; v < vectors.size(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k)
        store_components(vectors[v].emitter, nest_.accumulators[k], unflatten(nest_.accumulators[k], states, next),
                         level(k, depth, vector_column(vectors, v, column)));
  }
  Values load_states(std::vector<Lanes>& vectors, llvm::Value* depth, llvm::Value* column) {
    Values states;
    for (size_t v = 0; v < vectors.size(); ++v)
      for (size_t k = 0; k < nest_.accumulators.size(); ++k)
        flatten(nest_.accumulators[k],
                load_components(vectors[v].emitter, nest_.accumulators[k],
                                level(k, depth, vector_column(vectors, v, column))),
                states);
    return states;
  }
  llvm::Value* vector_column(const std::vector<Lanes>& vectors, size_t v, llvm::Value* column) {
    return ir.CreateAdd(column, frame_.number(static_cast<int64_t>(v) * vectors.front().emitter.lanes()));
  }

  // ---- several reduce axes

  llvm::Value* table_entry(int axis, llvm::Value* in_group) {
    return ir.CreateGEP(ir.getInt64Ty(), tables_[static_cast<size_t>(axis - parallel_)], in_group);
  }
  // The indices of the next `rows` elements.
  void fill_tables(llvm::Value* rows) {
    frame_.loop(Frame::Trips::some, frame_.number(0), rows, 1, [&](llvm::Value* in_group) {
      for (int axis = parallel_; axis < nest_.rank(); ++axis)
        ir.CreateStore(read(index_of(axis)), table_entry(axis, in_group));
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

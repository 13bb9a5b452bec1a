#include "codegen/llvm/moment_leaves.hpp"

#include "codegen/llvm/access.hpp"

namespace fuseval::codegen {
namespace {

// Vectors that go down the rows together.
constexpr int unroll = 2;
// popcount of 0 to 3 leaves, plus the newest.
constexpr int levels = 3;

}  // namespace

MomentLeaves::MomentLeaves(Frame& frame, Scratch& scratch, const AlikeAccumulators& alike,
                           const Accumulator& accumulator, int lanes, int width)
    : frame_(frame),
      ir(frame.ir),
      alike_(alike),
      accumulator_(accumulator),
      lanes_(lanes),
      width_(width),
      array_bytes_((int64_t{lanes} + unroll * width) * size_of(accumulator.dtype)),
      // One row more, and vectors beyond the last element, are read and then masked.
      stage_(scratch.take((group() + lanes + unroll * width) * size_of(accumulator.dtype))),
      levels_(scratch.take(levels * max_components * array_bytes_)) {}

Pointers MomentLeaves::level(llvm::Value* depth) {
  llvm::Value* base = frame_.advance(levels_, ir.CreateMul(depth, frame_.number(max_components * array_bytes_)));
  return {base, frame_.advance(base, array_bytes_), frame_.advance(base, 2 * array_bytes_)};
}

Pointers MomentLeaves::at(const Pointers& arrays, llvm::Value* slot) {
  llvm::Value* bytes = ir.CreateMul(slot, frame_.number(size_of(accumulator_.dtype)));
  return {frame_.advance(arrays[0], bytes), frame_.advance(arrays[1], bytes), frame_.advance(arrays[2], bytes)};
}

void MomentLeaves::keep(LlvmEmitter& e, LlvmValue value, llvm::Value* element) {
  llvm::Value* position = ir.CreateAnd(element, frame_.number(group() - 1));
  store(e, value, {ir.CreateGEP(e.element_type(value.dtype), stage_, position)}, nullptr);
}

LlvmValue MomentLeaves::kept(LlvmEmitter& e, llvm::Value* row, llvm::Value* slot) {
  llvm::Value* position = ir.CreateAdd(ir.CreateMul(row, frame_.number(lanes_)), slot);
  return load(e, accumulator_.dtype, {ir.CreateGEP(e.element_type(accumulator_.dtype), stage_, position)}, nullptr);
}

void MomentLeaves::add_group(llvm::Value* begin, llvm::Value* from, llvm::Value* to, llvm::Value* end) {
  llvm::Value* count = ir.CreateSub(to, from);
  llvm::Value* done = ir.CreateUDiv(ir.CreateSub(from, begin), frame_.number(group()));
  // A first group may leave lanes empty that nobody looks at; later ones merge with full ones.
  llvm::Value* used = ir.CreateSelect(ir.CreateICmpEQ(done, frame_.number(0)),
                                      frame_.smaller(count, frame_.number(lanes_)), frame_.number(lanes_));
  llvm::Value* before = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, done);
  compute(level(before), count, used);
  llvm::Value* after = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, ir.CreateAdd(done, frame_.number(1)));
  llvm::Value* goal = ir.CreateSelect(ir.CreateICmpEQ(to, end), frame_.number(1), after);
  llvm::Value* merges = ir.CreateSub(ir.CreateAdd(before, frame_.number(1)), goal);
  frame_.loop(Frame::Trips::any, frame_.number(0), merges, 1, [&](llvm::Value* step) {
    llvm::Value* top = ir.CreateSub(before, step);
    merge(level(ir.CreateSub(top, frame_.number(1))), level(top));
  });
}

void MomentLeaves::merge(const Pointers& left, const Pointers& right) {
  LlvmEmitter e = frame_.emitter(width_);
  const Pointers places[] = {left, right};
  alike_.run("merge_leaves", e, accumulator_, places,
             [&](std::span<const Pointers> own) { merge_lanes(own[0], own[1]); });
}

void MomentLeaves::merge_lanes(const Pointers& left, const Pointers& right) {
  LlvmEmitter e = frame_.emitter(width_);
  frame_.loop(Frame::Trips::some, frame_.number(0), frame_.number(lanes_), width_, [&](llvm::Value* slot) {
    const Pointers to = at(left, slot);
    const LlvmState earlier = load_components(e, accumulator_, to);
    const LlvmState later = load_components(e, accumulator_, at(right, slot));
    store_components(e, accumulator_, merge_states(e, accumulator_, earlier, later), to);
  });
}

void MomentLeaves::compute(const Pointers& to, llvm::Value* count, llvm::Value* used) {
  if (!alike_.are_many(accumulator_)) return compute_lanes(to, count, used);
  llvm::Value* const given[] = {to[0], to[1], to[2], stage_, count, used};
  call_shared(alike_.name("leaves", frame_.emitter(width_), accumulator_), given, ir,
              [&](const std::vector<llvm::Value*>& own) {
                MomentLeaves here = *this;
                here.stage_ = own[3];
                here.compute_lanes({own[0], own[1], own[2]}, own[4], own[5]);
              });
}

// Of `count` elements, lane l has all the full rows, and one more if l < count mod LANES.
void MomentLeaves::compute_lanes(const Pointers& to, llvm::Value* count, llvm::Value* used) {
  LlvmEmitter e = frame_.emitter(width_);
  llvm::Value* full = ir.CreateUDiv(count, frame_.number(lanes_));
  llvm::Value* rest = ir.CreateURem(count, frame_.number(lanes_));
  frame_.loop(Frame::Trips::some, frame_.number(0), used, int64_t{unroll} * width_,
              [&](llvm::Value* slot) { compute_vectors(e, to, full, rest, slot); });
}

void MomentLeaves::compute_vectors(LlvmEmitter& e, const Pointers& to, llvm::Value* full, llvm::Value* rest,
                                   llvm::Value* slot) {
  const DType dtype = accumulator_.dtype;
  const LlvmValue zero = e.real(dtype, 0);
  const LlvmValue full_rows = e.splat({ir.CreateSIToFP(full, e.element_type(dtype)), dtype});
  Values slots;
  std::vector<LlvmValue> masks, counts, means;
  for (int u = 0; u < unroll; ++u) {
    slots.push_back(ir.CreateAdd(slot, frame_.number(u * width_)));
    masks.push_back(present(e, rest, slots.back()));
    counts.push_back(e.add(full_rows, e.convert(masks.back(), dtype)));
  }
  const Values sums = over_rows(e, full, slots, masks, [](LlvmValue x, size_t) { return x; });
  for (size_t u = 0; u < unroll; ++u)
    means.push_back(e.select(e.eq(counts[u], zero), zero, e.div({sums[u], dtype}, counts[u])));
  const Values squares = over_rows(e, full, slots, masks, [&](LlvmValue x, size_t u) {
    const LlvmValue deviation = e.sub(x, means[u]);
    return e.mul(deviation, deviation);
  });
  for (size_t u = 0; u < unroll; ++u)
    store_components(e, accumulator_, {counts[u], means[u], {squares[u], dtype}}, at(to, slots[u]));
}

// Adds f(element) over a lane's rows in their order.
template <class F>
MomentLeaves::Values MomentLeaves::over_rows(LlvmEmitter& e, llvm::Value* full, const Values& slots,
                                             const std::vector<LlvmValue>& present, F&& f) {
  const DType dtype = accumulator_.dtype;
  const LlvmValue zero = e.real(dtype, 0);
  Values totals = frame_.carry(Frame::Trips::any, frame_.number(0), full, 1, Values(slots.size(), zero.value),
                               [&](llvm::Value* row, const Values& before) {
                                 Values after;
                                 for (size_t u = 0; u < slots.size(); ++u)
                                   after.push_back(e.add({before[u], dtype}, f(kept(e, row, slots[u]), u)).value);
                                 return after;
                               });
  for (size_t u = 0; u < slots.size(); ++u) {
    const LlvmValue last = e.select(present[u], f(kept(e, full, slots[u]), u), zero);
    totals[u] = e.add({totals[u], dtype}, last).value;
  }
  return totals;
}

// Whether lanes slot, slot + 1, … have an element in the row that is not full.
LlvmValue MomentLeaves::present(LlvmEmitter& e, llvm::Value* rest, llvm::Value* slot) {
  const LlvmValue limit = e.splat({ir.CreateSub(rest, slot), DType::int64});
  return {ir.CreateICmpSLT(lane_multiples(e, frame_.number(1)), limit.value), DType::bool_};
}

}  // namespace fuseval::codegen

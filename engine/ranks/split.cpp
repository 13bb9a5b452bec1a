#include "engine/ranks/split.hpp"

#include <algorithm>

#include "codegen/reduction_layout.hpp"
#include "ir/checked.hpp"

namespace fuseval::engine {
namespace {

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0); }
int64_t ceil_divide(int64_t a, int64_t b) { return -floor_divide(-a, b); }

// What the canonical numbering of reduced elements comes in: docs/language.md, "Canonical order".
int64_t block_of(const LoopNest& nest) {
  constexpr int64_t rows = 64, serial = 16;
  return nest.order == ReductionOrder::serial16 ? serial : rows * codegen::canonical_lanes(nest);
}

/// origin + step * index + something in [least, most], for the index of one axis: where it is in [lower, upper).
Range where_inside(int64_t origin, int64_t step, int64_t least, int64_t most, const Range& inside, int64_t extent) {
  const int64_t low = inside.first - origin - least, high = inside.last - 1 - origin - most;
  if (step == 0) return low <= 0 && high >= 0 ? Range{0, extent} : Range{0, 0};
  Range range = step > 0 ? Range{ceil_divide(low, step), floor_divide(high, step) + 1}
                         : Range{ceil_divide(high, step), floor_divide(low, step) + 1};
  range = {std::clamp<int64_t>(range.first, 0, extent), std::clamp<int64_t>(range.last, 0, extent)};
  return range.is_empty() ? Range{0, 0} : range;
}

/// Indexes of `axis` for which operand `k` finds everything in the rank's memory, whatever the other axes' are.
Range indexes_at_hand(const GlobalNest& global, size_t k, const GlobalArray& array, int axis, int rank) {
  const LoopNest& nest = global.nest;
  const Access& access = *global.accesses[k];
  const int64_t extent = nest.axes[static_cast<size_t>(axis)].extent;
  const Layout& layout = array.layout;
  if (layout.is_replicated()) return {0, extent};
  if (access.is_flat() && layout.axis != 0) return {0, 0};
  int64_t least = 0, most = 0;
  const auto step = [&](int x) { return access.is_flat() ? access.flat_step(x) : access.step(layout.axis, x); };
  for (int x = 0; x < nest.rank(); ++x) {
    if (x == axis) continue;
    const int64_t far = step(x) * (nest.axes[static_cast<size_t>(x)].extent - 1);
    least += std::min<int64_t>(0, far);
    most += std::max<int64_t>(0, far);
  }
  const Box held = array.held(rank);
  const auto at = static_cast<size_t>(layout.axis);
  Range inside{held.lower[at], held.upper[at]};
  if (access.is_flat()) {
    const int64_t row = element_count(array.shape) / array.shape[0];
    inside = {inside.first * row, inside.last * row};
  }
  const int64_t origin = access.is_flat() ? access.flat_origin() : access.origin(layout.axis);
  return where_inside(origin, step(axis), least, most, inside, extent);
}

bool is_load(const Operand& operand) { return operand.kind == OperandKind::load; }

/// Loads that the parts of a rank's range are about: those of an epilogue that runs once for all parts are not.
bool counts(const Split& split, const Operand& operand) {
  return is_load(operand) && !(split.kind == Split::Kind::blocks && operand.in_epilogue);
}

int64_t trailing_count(const Shape& shape) {
  int64_t count = 1;
  for (size_t k = 1; k < shape.size(); ++k) count *= shape[k];
  return count;
}

// ---- candidates ----

std::vector<int64_t> even_offsets(int64_t count, int ranks) { return even_layout({count}, 0, ranks).offsets; }

Split even_parallel(const GlobalNest& global, int ranks) {
  return {Split::Kind::parallel, 0, even_offsets(global.nest.axes[0].extent, ranks)};
}

// Extents of 1 are no axes: a reduction over them has one element.
bool has_blocks(const GlobalNest& global) { return !global.reduced().empty(); }

Split even_blocks(const GlobalNest& global, int ranks) {
  const int64_t count = global.nest.reduce_count();
  Split split{Split::Kind::blocks, 0, even_offsets((count + global.block - 1) / global.block, ranks)};
  for (int64_t& offset : split.offsets) offset = std::min(count, offset * global.block);
  return split;
}

/// offsets: of the nest's axis.
std::optional<Split> split_at(const GlobalNest& global, int axis, std::vector<int64_t> offsets) {
  const int parallel = global.nest.parallel_rank();
  if (axis < parallel) return Split{Split::Kind::parallel, axis, std::move(offsets)};
  if (axis > parallel) return std::nullopt;
  const int64_t row = trailing_count(global.reduced()), count = global.nest.reduce_count();
  for (int64_t& offset : offsets)
    offset = std::min(count, (offset * row + global.block - 1) / global.block * global.block);
  offsets.front() = 0;
  return Split{Split::Kind::blocks, 0, std::move(offsets)};
}

/// The split in which each rank has what operand `k` touches of its own part of the array.
std::optional<Split> split_along(const GlobalNest& global, size_t k, const GlobalArray& array) {
  const Access& access = *global.accesses[k];
  const Layout& layout = array.layout;
  if (layout.is_replicated() || (access.is_flat() && layout.axis != 0)) return std::nullopt;
  const auto step = [&](int x) { return access.is_flat() ? access.flat_step(x) : access.step(layout.axis, x); };
  int axis = -1, moving = 0;
  for (int x = 0; x < global.nest.rank(); ++x) {
    if (step(x) == 0) continue;
    ++moving;
    if (axis < 0 || step(x) > step(axis)) axis = x;
  }
  if (axis < 0 || step(axis) < 0 || (!access.is_flat() && moving > 1)) return std::nullopt;
  const int64_t extent = global.nest.axes[static_cast<size_t>(axis)].extent;
  const int64_t row = access.is_flat() ? trailing_count(array.shape) : 1;
  const int64_t origin = access.is_flat() ? access.flat_origin() : access.origin(layout.axis);
  std::vector<int64_t> offsets;
  for (const int64_t offset : layout.offsets)
    offsets.push_back(std::clamp<int64_t>(ceil_divide(offset * row - origin, step(axis)), 0, extent));
  offsets.front() = 0;
  offsets.back() = extent;
  return split_at(global, axis, std::move(offsets));
}

bool reads_distributed(const GlobalNest& global, const std::vector<GlobalArray>& arrays) {
  return std::any_of(global.nest.operands.begin(), global.nest.operands.end(), [&](const Operand& operand) {
    return is_load(operand) && !arrays[operand.buffer].layout.is_replicated();
  });
}

bool reads_memory(const LoopNest& nest) {
  return std::any_of(nest.operands.begin(), nest.operands.end(), [](const Operand& operand) {
    return is_load(operand) && std::any_of(operand.strides.begin(), operand.strides.end(), [](int64_t s) { return s; });
  });
}

bool stores_given(const LoopNest& nest, const std::vector<bool>& given) {
  return std::any_of(nest.operands.begin(), nest.operands.end(), [&](const Operand& operand) {
    return operand.kind == OperandKind::store && given[operand.buffer];
  });
}

// What no distributed array says where to run. Numbers made from nothing but their indexes are made where they stay;
// what is made from replicated arrays is replicated, and its sums are shared work if they are long.
Split free_split(const GlobalNest& global, int ranks) {
  constexpr int64_t worth_sharing = 1 << 18;
  const LoopNest& nest = global.nest;
  if (!reads_memory(nest)) {
    if (nest.parallel_count() > 1) return even_parallel(global, ranks);
    return has_blocks(global) ? even_blocks(global, ranks) : Split{};
  }
  if (has_blocks(global) && nest.parallel_count() * nest.reduce_count() >= worth_sharing)
    return even_blocks(global, ranks);
  return {};
}

int64_t moved_bytes(const GlobalNest& global, const Split& split, const std::vector<GlobalArray>& arrays,
                    const std::vector<bool>& given, int ranks) {
  int64_t bytes = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    const Range range = split.kind == Split::Kind::replicated ? Range{0, 1} : split.of(rank);
    const Box indexes = split.indexes(global, range);
    for (size_t k = 0; k < global.nest.operands.size(); ++k) {
      const Operand& operand = global.nest.operands[k];
      if (!global.accesses[k] || (operand.kind == OperandKind::store && !given[operand.buffer])) continue;
      const GlobalArray& array = arrays[operand.buffer];
      if (array.layout.is_replicated() && operand.kind == OperandKind::load) continue;
      const Box touched = global.accesses[k]->touched(indexes);
      const int64_t count = touched.count() - intersection(touched, array.held(rank)).count();
      bytes = capped_add(bytes, capped_multiply(count, array.itemsize));
    }
  }
  return bytes;
}

}  // namespace

GlobalNest::GlobalNest(LoopNest made, const std::vector<GlobalArray>& arrays) : nest(std::move(made)) {
  if (nest.is_reduction()) block = block_of(nest);
  for (const Operand& operand : nest.operands) {
    accesses.emplace_back();
    if (operand.kind != OperandKind::index && has_elements())
      accesses.back().emplace(nest, operand, arrays[operand.buffer].shape);
  }
}

Box GlobalNest::whole() const {
  Shape extents;
  for (const Axis& axis : nest.axes) extents.push_back(axis.extent);
  return Box::whole(extents);
}

Shape GlobalNest::reduced() const {
  Shape shape;
  for (const Axis& axis : nest.axes)
    if (axis.kind == AxisKind::reduce) shape.push_back(axis.extent);
  return shape;
}

Range Split::of(int rank) const {
  if (kind == Kind::replicated) return {0, 1};
  return {offsets[static_cast<size_t>(rank)], offsets[static_cast<size_t>(rank) + 1]};
}

Box Split::indexes(const GlobalNest& global, const Range& range) const {
  if (range.is_empty()) return Box::empty(global.nest.axes.size());
  Box box = global.whole();
  if (kind == Kind::parallel) {
    box.lower[static_cast<size_t>(axis)] = range.first;
    box.upper[static_cast<size_t>(axis)] = range.last;
  }
  if (kind == Kind::blocks) {
    const Box reduced = box_of_range(global.reduced(), range.first, range.last);
    const auto begin = static_cast<ptrdiff_t>(global.nest.parallel_rank());
    std::copy(reduced.lower.begin(), reduced.lower.end(), box.lower.begin() + begin);
    std::copy(reduced.upper.begin(), reduced.upper.end(), box.upper.begin() + begin);
  }
  return box;
}

bool is_at_hand(const GlobalNest& global, size_t k, const GlobalArray& array, const Box& indexes, int rank) {
  if (array.layout.is_replicated() || indexes.is_empty()) return true;
  const Access& access = *global.accesses[k];
  const Box held = array.held(rank);
  if (access.is_flat() && array.layout.axis != 0) return held == Box::whole(array.shape);
  return held.contains(access.touched(indexes));
}

Parts parts_of(const GlobalNest& global, const Split& split, const std::vector<GlobalArray>& arrays, int rank) {
  const Range range = split.of(rank);
  const auto none = [&] { return Parts{range, {range.last, range.last}, {range.last, range.last}}; };
  const bool blocks = split.kind == Split::Kind::blocks;
  if (range.is_empty() || split.kind == Split::Kind::replicated || !global.has_elements()) {
    const Box indexes = split.indexes(global, range);
    for (size_t k = 0; k < global.nest.operands.size(); ++k)
      if (global.accesses[k] && counts(split, global.nest.operands[k]) &&
          !is_at_hand(global, k, arrays[global.nest.operands[k].buffer], indexes, rank))
        return none();
    return {{range.first, range.first}, range, {range.last, range.last}};
  }
  const int axis = blocks ? global.nest.parallel_rank() : split.axis;
  Range hand{0, global.nest.axes[static_cast<size_t>(axis)].extent};
  for (size_t k = 0; k < global.nest.operands.size(); ++k) {
    if (!counts(split, global.nest.operands[k])) continue;
    const Range own = indexes_at_hand(global, k, arrays[global.nest.operands[k].buffer], axis, rank);
    hand = {std::max(hand.first, own.first), std::min(hand.last, own.last)};
  }
  if (hand.is_empty()) return none();
  if (blocks) {
    const int64_t row = trailing_count(global.reduced());
    hand = {ceil_divide(hand.first * row, global.block) * global.block, hand.last * row};
    if (hand.last < range.last) hand.last = hand.last / global.block * global.block;
  }
  const Range interior{std::max(range.first, hand.first), std::min(range.last, hand.last)};
  if (interior.is_empty()) return none();
  return {{range.first, interior.first}, interior, {interior.last, range.last}};
}

Split choose_split(const GlobalNest& global, const std::vector<GlobalArray>& arrays, const std::vector<bool>& given,
                   int ranks) {
  const LoopNest& nest = global.nest;
  if (!global.has_elements()) return {};
  std::vector<Split> candidates;
  const auto add = [&](std::optional<Split> split) {
    if (split && std::find(candidates.begin(), candidates.end(), *split) == candidates.end())
      candidates.push_back(std::move(*split));
  };
  for (const OperandKind kind : {OperandKind::store, OperandKind::load})
    for (size_t k = 0; k < nest.operands.size(); ++k) {
      const Operand& operand = nest.operands[k];
      if (operand.kind == kind && (kind == OperandKind::load || given[operand.buffer]))
        add(split_along(global, k, arrays[operand.buffer]));
    }
  if (candidates.empty() && !reads_distributed(global, arrays))
    return stores_given(nest, given) ? Split{} : free_split(global, ranks);
  if (nest.parallel_count() > 1) add(even_parallel(global, ranks));
  if (has_blocks(global)) add(even_blocks(global, ranks));
  if (candidates.empty()) return {};
  std::vector<int64_t> moved;
  for (const Split& split : candidates) moved.push_back(moved_bytes(global, split, arrays, given, ranks));
  return candidates[static_cast<size_t>(std::min_element(moved.begin(), moved.end()) - moved.begin())];
}

Layout stored_layout(const GlobalNest& global, const Split& split, size_t k, const GlobalArray& array) {
  if (split.kind != Split::Kind::parallel || !global.accesses[k]) return {};
  for (size_t axis = 0; axis < array.shape.size(); ++axis)
    if (global.accesses[k]->step(static_cast<int>(axis), split.axis) != 0)
      return {static_cast<int>(axis), split.offsets};
  return {};
}

}  // namespace fuseval::engine

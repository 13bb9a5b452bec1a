#include "engine/run/stream_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "codegen/cuda/kernel.hpp"
#include "codegen/reduction_layout.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

// Each part costs its launches, copies and events, some 30 µs of the host; a part of 16 MiB is 300 µs of a PCIe 5 link.
// The first part up and the last one down run beside nothing, so there should be many.
constexpr int64_t least_part = int64_t{4} << 20, most_part = int64_t{32} << 20, wanted_parts = 64;
// Blocks of a state while the states are small: the more, the fewer threads.
constexpr int64_t usual_group = 8;

int64_t over(int64_t a, int64_t b) { return (a + b - 1) / b; }
size_t round_up(size_t bytes) { return checked_round_up(bytes, 256); }
int64_t length_of(const ByteExtent& extent) { return extent.end - extent.begin; }

/// A candidate: an axis of all of a pass's kernels.
struct Cut {
  int axis = -1;
  bool reduces = false;
  std::vector<uint32_t> moving;
  int64_t staying_bytes = 0;
};

class Planner {
 public:
  Planner(const Specialisation& made, const std::vector<StreamArray>& arrays, const StreamLimits& limits)
      : made_(made), limits_(limits) {
    plan_.arrays = arrays;
    for (size_t b = 0; b < arrays.size(); ++b)
      if (is_temporary(b)) {
        const BufferInfo& buffer = made.plan().buffers[b];
        plan_.arrays[b] = {false, {0, element_count(buffer.shape) * size_of(buffer.dtype)}};
      }
    plan_.kernels = made.plan().kernels;
    plan_.origin.resize(arrays.size());
    std::iota(plan_.origin.begin(), plan_.origin.end(), 0);
    plan_.is_whole.assign(arrays.size(), false);
  }

  bool runs_together() {
    list_passes();
    join_passes();
    return std::any_of(plan_.passes.begin(), plan_.passes.end(),
                       [](const StreamPass& pass) { return pass.jobs.size() > 1; });
  }

  StreamPlan make() {
    list_passes();
    join_passes();
    for (const StreamPass& pass : plan_.passes) split_inputs(pass);
    for (StreamPass& pass : plan_.passes) choose_axis(pass);
    join_wholes();
    for (size_t b = 0; b < plan_.is_whole.size(); ++b)
      if (plan_.is_whole[b])
        plan_.whole_bytes = checked_add(plan_.whole_bytes, round_up(static_cast<size_t>(length_of(arrays_[b].extent))));
    for (StreamPass& pass : plan_.passes) choose_step(pass);
    return std::move(plan_);
  }

 private:
  // Of the plan's own buffers.
  bool is_temporary(size_t b) const {
    return b < made_.buffer_sources().size() && made_.buffer_sources()[b].role == BufferRole::temporary;
  }

  void list_passes() {
    auto chain = made_.plan().chains.begin();
    for (size_t k = 0; k < nests_.size();) {
      const bool is_chain = chain != made_.plan().chains.end() && chain->first == k;
      StreamPass pass;
      pass.first = k;
      pass.count = is_chain ? chain->size() : 1;
      pass.jobs = {{k, pass.count, is_chain ? static_cast<int>(chain->extents.size()) : 0}};
      if (is_chain) ++chain;
      k += pass.count;
      if (pass.count > 1 || nests_[pass.first].parallel_count() > 0) plan_.passes.push_back(std::move(pass));
    }
  }

  // ---- kernels that run together

  void join_passes() {
    std::vector<StreamPass> passes;
    for (StreamPass& pass : plan_.passes) {
      if (passes.empty() || !joins(passes.back(), pass))
        passes.push_back(std::move(pass));
      else
        passes.back() = joined(passes.back(), pass);
    }
    plan_.passes = std::move(passes);
  }
  static StreamPass joined(const StreamPass& a, const StreamPass& b) {
    StreamPass both = a;
    both.count = b.first + b.count - a.first;
    both.jobs.insert(both.jobs.end(), b.jobs.begin(), b.jobs.end());
    return both;
  }
  // If it is possible, and keeps no more on the device than one after the other.
  bool joins(const StreamPass& a, const StreamPass& b) const {
    const StreamPass both = joined(a, b);
    if (a.first + a.count != b.first || !have_rows(both) || !share_rows(both) || !meet(a, b)) return false;
    return cut_of(both, 0, false).staying_bytes <= std::max(least_staying(a), least_staying(b));
  }
  bool have_rows(const StreamPass& pass) const {
    return std::all_of(nests_.begin() + static_cast<ptrdiff_t>(pass.first),
                       nests_.begin() + static_cast<ptrdiff_t>(pass.first + pass.count), [&](const LoopNest& nest) {
                         return nest.parallel_rank() > 0 && nest.axes[0].extent == nests_[pass.first].axes[0].extent &&
                                (!nest.is_reduction() || nest.reduce_count() > 0);
                       });
  }
  template <class F>
  static void each_operand(const LoopNest& nest, OperandKind kind, F&& f) {
    for (const Operand& operand : nest.operands)
      if (operand.kind == kind) f(operand);
  }
  bool share_rows(const StreamPass& pass) const {
    constexpr uint8_t rows[] = {0};
    bool all = true;
    for (size_t n = pass.first; n < pass.first + pass.count; ++n)
      for (size_t later = n + 1; later < pass.first + pass.count; ++later)
        each_operand(nests_[n], OperandKind::store, [&](const Operand& write) {
          each_operand(nests_[later], OperandKind::load, [&](const Operand& read) {
            if (write.buffer == read.buffer)
              all = all && fuseval::shares_rows(nests_[n], write, rows, nests_[later], read, rows);
          });
        });
    return all;
  }
  // Whether b reads what a has on the device already.
  bool meet(const StreamPass& a, const StreamPass& b) const {
    bool found = false;
    for (size_t n = b.first; n < b.first + b.count; ++n)
      each_operand(nests_[n], OperandKind::load, [&](const Operand& read) {
        each_array(a, [&](uint32_t buffer) { found = found || buffer == read.buffer; });
      });
    return found;
  }
  int64_t least_staying(const StreamPass& pass) const {
    int64_t least = 0;
    each_array(pass, [&](uint32_t b) { least = capped_add(least, length_of(arrays_[b].extent)); });
    for (const Cut& cut : cuts(pass)) least = std::min(least, cut.staying_bytes);
    return least;
  }

  // ---- an input in several places

  static bool lie_together(const Operand& a, const Operand& b, int64_t bytes) {
    return a.strides == b.strides && std::abs(a.offset - b.offset) <= bytes / 16;
  }
  void split_inputs(const StreamPass& pass) {
    std::vector<const Operand*> seen;  // of each place, the first
    for (size_t n = pass.first; n < pass.first + pass.count; ++n)
      for (Operand& operand : nests_[n].operands) {
        if (operand.kind != OperandKind::load || !arrays_[operand.buffer].on_host) continue;
        if (made_.buffer_sources()[operand.buffer].role == BufferRole::input) place_input(operand, seen);
      }
  }
  void place_input(Operand& operand, std::vector<const Operand*>& seen) {
    const uint32_t buffer = operand.buffer;
    bool is_first = true;
    for (const Operand* other : seen) {
      if (plan_.origin[other->buffer] != buffer) continue;
      is_first = false;
      if (!lie_together(*other, operand, length_of(arrays_[buffer].extent))) continue;
      operand.buffer = other->buffer;
      return;
    }
    seen.push_back(&operand);
    if (is_first) return;
    operand.buffer = static_cast<uint32_t>(arrays_.size());
    arrays_.push_back(StreamArray(arrays_[buffer]));
    plan_.origin.push_back(buffer);
  }
  void join_wholes() {
    for (LoopNest& nest : nests_)
      for (Operand& operand : nest.operands)
        if (operand.kind != OperandKind::index && plan_.is_whole[plan_.origin[operand.buffer]])
          operand.buffer = plan_.origin[operand.buffer];
    for (StreamPass& pass : plan_.passes)
      std::erase_if(pass.moving, [&](const MovingArray& one) { return plan_.is_whole[plan_.origin[one.buffer]]; });
  }

  // ---- which axis

  template <class F>
  void each_array(const StreamPass& pass, F&& f) const {
    std::vector<bool> seen(arrays_.size(), false);
    for (size_t n = pass.first; n < pass.first + pass.count; ++n)
      for (const Operand& operand : nests_[n].operands) {
        if (operand.kind == OperandKind::index || seen[operand.buffer]) continue;
        if (!arrays_[operand.buffer].on_host && !is_temporary(operand.buffer)) continue;
        seen[operand.buffer] = true;
        f(operand.buffer);
      }
  }

  void choose_axis(StreamPass& pass) {
    Cut best;
    each_array(pass,
               [&](uint32_t b) { best.staying_bytes = capped_add(best.staying_bytes, length_of(arrays_[b].extent)); });
    for (const Cut& cut : cuts(pass))
      if (cut.staying_bytes < best.staying_bytes) best = cut;
    each_array(pass, [&](uint32_t b) {
      if (std::find(best.moving.begin(), best.moving.end(), b) == best.moving.end())
        plan_.is_whole[plan_.origin[b]] = true;
    });
    if (best.axis < 0) return;
    pass.axis = best.axis;
    pass.extent = nests_[pass.first].axes[static_cast<size_t>(best.axis)].extent;
    pass.group = best.reduces ? usual_group : 0;
    for (const uint32_t b : best.moving) pass.moving.push_back(moving_array(pass, b));
  }

  std::vector<Cut> cuts(const StreamPass& pass) const {
    const LoopNest& nest = nests_[pass.first];
    std::vector<Cut> list;
    if (nest.is_reduction() && nest.reduce_count() == 0) return list;
    const int parallel = pass.count > 1 ? 1 : nest.parallel_rank();  // what several share
    for (int axis = 0; axis < parallel; ++axis) list.push_back(cut_of(pass, axis, false));
    if (pass.count == 1 && nest.is_reduction() && nest.reduce_count() > codegen::cuda_canonical_block(nest))
      list.push_back(cut_of(pass, nest.parallel_rank(), true));
    return list;
  }
  Cut cut_of(const StreamPass& pass, int axis, bool reduces) const {
    Cut cut{axis, reduces, {}, 0};
    StreamPass tried = pass;
    tried.axis = axis;
    tried.extent = nests_[pass.first].axes[static_cast<size_t>(axis)].extent;
    each_array(pass, [&](uint32_t b) {
      if (moves(tried, b, reduces))
        cut.moving.push_back(b);
      else
        cut.staying_bytes = capped_add(cut.staying_bytes, length_of(arrays_[b].extent));
    });
    return cut;
  }
  // Whether an eighth of the axis touches at most half of the bytes.
  bool moves(const StreamPass& pass, uint32_t buffer, bool reduces) const {
    if (pass.extent < 2) return false;
    int stores = 0;
    for (size_t n = 0; n < nests_.size(); ++n)
      for (const Operand& operand : nests_[n].operands) {
        if (operand.kind == OperandKind::index || operand.buffer != buffer) continue;
        stores += operand.kind == OperandKind::store;
        const bool here = n >= pass.first && n < pass.first + pass.count;
        if (here && reduces && operand.in_epilogue) return false;  // the last part alone gets there
        if (!here && is_temporary(buffer)) return false;
      }
    if (stores > 1) return false;
    return 2 * part_bytes(pass, buffer, std::max<int64_t>(pass.extent / 8, 1)) <= length_of(arrays_[buffer].extent);
  }
  // The range's length is a convex function of where it begins: its largest value is at one of the ends.
  int64_t part_bytes(const StreamPass& pass, uint32_t buffer, int64_t step) const {
    const int64_t length = std::min(step, pass.extent);
    return std::max(length_of(pass.range_of(nests_, buffer, 0, length)),
                    length_of(pass.range_of(nests_, buffer, pass.extent - length, pass.extent)));
  }

  MovingArray moving_array(const StreamPass& pass, uint32_t buffer) const {
    MovingArray array{buffer};
    for (size_t n = pass.first; n < pass.first + pass.count; ++n)
      for (size_t k = 0; k < nests_[n].operands.size(); ++k) {
        const Operand& operand = nests_[n].operands[k];
        if (operand.kind == OperandKind::index || operand.buffer != buffer) continue;
        if (operand.kind == OperandKind::load) array.goes_up = true;
        if (operand.kind != OperandKind::store) continue;
        array.comes_down = true;
        array.nest = n;
        array.operand = k;
      }
    if (is_temporary(buffer)) array.goes_up = array.comes_down = false;
    if (array.comes_down) array.goes_up = false;  // what this pass has written itself
    return array;
  }

  // ---- how long a part is

  void choose_step(StreamPass& pass) {
    if (pass.axis < 0 || pass.moving.empty()) {
      pass.axis = -1;
      if (plan_.whole_bytes > limits_.memory) refuse(plan_.whole_bytes);
      return;
    }
    int64_t moved = 0;
    for (const MovingArray& one : pass.moving)
      if (one.goes_up || one.comes_down) moved = capped_add(moved, length_of(arrays_[one.buffer].extent));
    // Negative where not even what stays there fits: then the smallest parts are found, to say what is needed.
    const auto free = static_cast<int64_t>(limits_.memory) -
                      static_cast<int64_t>(std::min<size_t>(plan_.whole_bytes, size_t{farthest_byte}));
    const int64_t suggested = std::clamp(moved / wanted_parts, least_part, most_part);
    const int64_t wanted = limits_.part_bytes > 0 ? static_cast<int64_t>(limits_.part_bytes) : suggested;
    if (pass.group > 0) choose_group(pass, free, wanted);
    const int64_t left = (free - state_bytes(pass)) / sets_of_parts;
    pass.step = longest_step(pass, std::min(left, wanted));
    lay_out(pass);
    if (static_cast<int64_t>(pass.part_bytes) > left)
      refuse(capped_add(capped_add(plan_.whole_bytes, static_cast<size_t>(state_bytes(pass))),
                        capped_multiply(pass.part_bytes, sets_of_parts)));
    plan_.part_bytes = std::max(plan_.part_bytes, pass.part_bytes);
    plan_.moved_bytes = capped_add(plan_.moved_bytes, moved);
  }
  // Parts are whole groups. Long rows want small groups, and states that take much of the memory large ones; among
  // those with which everything fits, the nearest to the usual one is taken.
  void choose_group(StreamPass& pass, int64_t free, int64_t wanted) const {
    const int64_t most = codegen::cuda_most_group(nests_[pass.first].order);
    const auto needed = [&](int64_t group) {
      pass.group = group;
      return capped_add(state_bytes(pass), capped_multiply(bytes_of_step(pass, grain(pass)), sets_of_parts));
    };
    const auto is_short = [&](int64_t group) {
      pass.group = group;
      return group == 1 || bytes_of_step(pass, grain(pass)) <= wanted;
    };
    int64_t best = 1;
    for (int64_t group = 1; group <= most; group *= 2) {
      const bool fits = needed(group) <= free;
      if ((fits && group <= usual_group && is_short(group)) || (needed(best) > free && needed(group) < needed(best)))
        best = group;
    }
    pass.group = best;
  }
  int64_t state_bytes(const StreamPass& pass) const {
    if (pass.group == 0) return 0;
    const LoopNest& nest = nests_[pass.first];
    const int64_t states = over(over(nest.reduce_count(), codegen::cuda_canonical_block(nest)), pass.group);
    const int64_t combined = over(states, 8);  // at least 32 become one, and the halves are rounded up
    const int64_t bytes = capped_multiply(nest.parallel_count(), codegen::StateLayout(nest).bytes());
    return std::min(capped_multiply(bytes, states + combined), farthest_byte) + 64;  // more fits nowhere
  }
  // Where the vectors' axis is cut, parts begin with a vector.
  int64_t grain(const StreamPass& pass) const {
    const LoopNest& nest = nests_[pass.first];
    if (pass.group == 0) return pass.axis == nest.vector_axis() ? 1024 : 1;
    int64_t inner = 1;
    for (int axis = pass.axis + 1; axis < nest.rank(); ++axis) inner *= nest.axes[static_cast<size_t>(axis)].extent;
    const int64_t elements = codegen::cuda_canonical_block(nest) * pass.group;
    return elements / std::gcd(elements, inner);
  }
  int64_t bytes_of_step(const StreamPass& pass, int64_t step) const {
    int64_t sum = 0;
    for (const MovingArray& one : pass.moving) sum = capped_add(sum, part_bytes(pass, one.buffer, step) + 512);
    return sum;
  }
  int64_t longest_step(const StreamPass& pass, int64_t limit) const {
    const int64_t unit = grain(pass);
    int64_t fits = 1, beyond = over(pass.extent, unit) + 1;  // in units
    while (beyond - fits > 1) {
      const int64_t middle = fits + (beyond - fits) / 2;
      (bytes_of_step(pass, middle * unit) <= limit ? fits : beyond) = middle;
    }
    return fits * unit;
  }
  void lay_out(StreamPass& pass) const {
    pass.part_bytes = 0;
    for (MovingArray& one : pass.moving) {
      one.place = pass.part_bytes;
      pass.part_bytes =
          checked_add(pass.part_bytes, round_up(static_cast<size_t>(part_bytes(pass, one.buffer, pass.step)) + 256));
    }
  }

  [[noreturn]] void refuse(size_t bytes) const {
    throw Error(ErrorCode::memory,
                fmt::format("the call needs {} bytes of the device's memory at a time, and gets {}: what kernels leave "
                            "for one another, and arrays that do not lie along the axis that the work is cut along, "
                            "have to fit as a whole; the CPU (device=\"cpu\") needs none, arrays in C order and fewer "
                            "reductions in one text need less",
                            bytes, limits_.memory));
  }

  const Specialisation& made_;
  StreamPlan plan_;
  std::vector<LoopNest>& nests_ = plan_.kernels;
  std::vector<StreamArray>& arrays_ = plan_.arrays;
  const StreamLimits limits_;
};

}  // namespace

ByteExtent StreamPass::range_of(const std::vector<LoopNest>& kernels, uint32_t buffer, int64_t begin,
                                int64_t end) const {
  ByteExtent range{INT64_MAX, INT64_MIN};
  for (size_t n = first; n < first + count; ++n)
    for (const Operand& operand : kernels[n].operands) {
      if (operand.kind == OperandKind::index || operand.buffer != buffer) continue;
      ByteExtent own{operand.offset, operand.offset + size_of(operand.dtype)};
      for (size_t k = 0; k < operand.strides.size(); ++k) {
        const bool is_cut = static_cast<int>(k) == axis;
        const int64_t from = is_cut ? begin : 0, to = is_cut ? end - 1 : kernels[n].axes[k].extent - 1;
        own.begin += std::min(from * operand.strides[k], to * operand.strides[k]);
        own.end += std::max(from * operand.strides[k], to * operand.strides[k]);
      }
      range = {std::min(range.begin, own.begin), std::max(range.end, own.end)};
    }
  return range;
}

StreamPlan plan_stream(const Specialisation& made, const std::vector<StreamArray>& arrays, const StreamLimits& limits) {
  return Planner(made, arrays, limits).make();
}

bool runs_together(const Specialisation& made, const std::vector<StreamArray>& arrays) {
  return Planner(made, arrays, {}).runs_together();
}

}  // namespace fuseval::engine

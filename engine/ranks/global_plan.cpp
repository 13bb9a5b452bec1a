#include "engine/ranks/global_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/checked.hpp"
#include "ir/error.hpp"
#include "ir/separate.hpp"

namespace fuseval::engine {
namespace {

constexpr int32_t nobody = -1;

class Planner {
 public:
  Planner(const Plan& plan, std::vector<Layout> layouts, const std::vector<bool>& given, int ranks,
          std::vector<std::string> names)
      : given_(given), producer_(plan.buffers.size(), nobody), level_(plan.buffers.size(), 0) {
    out_.ranks = ranks;
    out_.names = std::move(names);
    out_.buffers = plan.buffers;
    for (size_t b = 0; b < plan.buffers.size(); ++b)
      out_.arrays.push_back({plan.buffers[b].shape, size_of(plan.buffers[b].dtype), std::move(layouts[b])});
    note_results();
    for (const LoopNest& nest : plan.kernels)
      if (nest.parallel_count() > 0) add(nest);
  }

  GlobalPlan make() {
    sort_by_levels();
    for (uint32_t k = 0; k < out_.kernels.size(); ++k) add_fetches(k);
    add_output_fetches();
    schedule();
    return std::move(out_);
  }

 private:
  bool is_given(uint32_t array) const { return array < given_.size() && given_[array]; }

  void note_results() {
    for (uint32_t b = 0; b < out_.buffers.size(); ++b)
      if (out_.buffers[b].role == BufferRole::output) {
        out_.results.resize(std::max<size_t>(out_.results.size(), out_.buffers[b].slot + 1));
        out_.results[out_.buffers[b].slot] = b;
      }
  }

  // ---- kernels ----

  // Blocks end inside rows, results do not: what a kernel stores beside a split reduction is a kernel of its own.
  void add(const LoopNest& nest) {
    GlobalNest global(nest, out_.arrays);
    Split split = choose_split(global, out_.arrays, given_with_redirected(), out_.ranks);
    if (split.kind == Split::Kind::blocks && stores_elements(nest)) {
      auto [stores, reduction] = separate(nest);
      add(stores);
      return add(reduction);
    }
    GlobalKernel kernel{std::move(global), std::move(split), 0, {}};
    for (const Operand& operand : nest.operands)
      if (operand.kind == OperandKind::load) kernel.level = std::max(kernel.level, level_[operand.buffer]);
    place_stores(kernel);
    out_.kernels.push_back(std::move(kernel));
  }

  std::vector<bool> given_with_redirected() const {
    std::vector<bool> given = given_;
    given.resize(out_.arrays.size(), false);
    return given;
  }

  void place_stores(GlobalKernel& kernel) {
    GlobalNest& global = kernel.global;
    const bool partial = kernel.split.kind == Split::Kind::blocks;
    for (size_t k = 0; k < global.nest.operands.size(); ++k) {
      Operand& operand = global.nest.operands[k];
      if (operand.kind != OperandKind::store) continue;
      const Layout layout = stored_layout(global, kernel.split, k, out_.arrays[operand.buffer]);
      if (is_given(operand.buffer)) {
        refuse_gathering_into(operand.buffer, layout);
        if (layout != out_.arrays[operand.buffer].layout) operand.buffer = redirect(operand.buffer);
      }
      out_.arrays[operand.buffer].layout = layout;
      level_[operand.buffer] = kernel.level + (partial ? 1 : 0);
    }
  }

  void refuse_gathering_into(uint32_t output, const Layout& layout) const {
    const GlobalArray& array = out_.arrays[output];
    if (layout.is_replicated() || !array.layout.is_replicated()) return;
    throw Error(ErrorCode::argument,
                fmt::format("result {} is {}, but its output is an array that every rank has: give a "
                            "distributed one, or gather the result",
                            out_.buffers[output].slot, describe(layout, array.shape)));
  }

  // A result that comes in another layout than its output's.
  uint32_t redirect(uint32_t output) {
    BufferInfo info = out_.buffers[output];
    info.role = BufferRole::temporary;
    const auto array = static_cast<uint32_t>(out_.buffers.size());
    out_.buffers.push_back(std::move(info));
    out_.arrays.push_back({out_.arrays[output].shape, out_.arrays[output].itemsize, {}});
    level_.push_back(0);
    redirected_.emplace_back(output, array);
    return array;
  }

  void sort_by_levels() {
    std::stable_sort(out_.kernels.begin(), out_.kernels.end(),
                     [](const GlobalKernel& a, const GlobalKernel& b) { return a.level < b.level; });
    producer_.assign(out_.buffers.size(), nobody);
    for (size_t k = 0; k < out_.kernels.size(); ++k)
      for (const Operand& operand : out_.kernels[k].global.nest.operands)
        if (operand.kind == OperandKind::store) producer_[operand.buffer] = static_cast<int32_t>(k);
  }

  // ---- fetches ----

  void add_fetches(uint32_t k) {
    const GlobalKernel& kernel = out_.kernels[k];
    if (!kernel.global.has_elements()) return;
    std::vector<Parts> parts;
    for (int rank = 0; rank < out_.ranks; ++rank)
      parts.push_back(parts_of(kernel.global, kernel.split, out_.arrays, rank));
    for (const uint32_t array : arrays_read_by(kernel.global.nest)) {
      add_edge(k, array, Edge::low, parts);
      add_edge(k, array, Edge::high, parts);
      if (kernel.split.kind == Split::Kind::blocks) add_epilogue(k, array);
    }
    refuse_gathers(k);
  }

  std::vector<uint32_t> arrays_read_by(const LoopNest& nest) const {
    std::vector<uint32_t> arrays;
    for (const Operand& operand : nest.operands)
      if (operand.kind == OperandKind::load && !out_.arrays[operand.buffer].layout.is_replicated() &&
          std::find(arrays.begin(), arrays.end(), operand.buffer) == arrays.end())
        arrays.push_back(operand.buffer);
    return arrays;
  }

  void add_edge(uint32_t k, uint32_t array, Edge edge, const std::vector<Parts>& parts) {
    const GlobalKernel& kernel = out_.kernels[k];
    Fetch fetch{array, edge == Edge::low ? Fetch::For::low_edge : Fetch::For::high_edge, k, {}};
    for (int rank = 0; rank < out_.ranks; ++rank) {
      const Range& range = edge_of(parts[static_cast<size_t>(rank)], edge);
      fetch.needed.push_back(range.is_empty()
                                 ? nothing(array)
                                 : needed(kernel, array, kernel.split.indexes(kernel.global, range), rank, false));
    }
    add(k, std::move(fetch));
  }

  void add_epilogue(uint32_t k, uint32_t array) {
    const GlobalKernel& kernel = out_.kernels[k];
    Fetch fetch{array, Fetch::For::epilogue, k, {}};
    for (int rank = 0; rank < out_.ranks; ++rank)
      fetch.needed.push_back(needed(kernel, array, kernel.global.whole(), rank, true));
    add(k, std::move(fetch));
  }

  Box nothing(uint32_t array) const { return Box::empty(out_.arrays[array].shape.size()); }

  // What the kernel's loads of the array touch at these indexes, of those that do not find all of it at hand.
  Box needed(const GlobalKernel& kernel, uint32_t array, const Box& indexes, int rank, bool epilogue) const {
    const LoopNest& nest = kernel.global.nest;
    const bool apart = kernel.split.kind == Split::Kind::blocks;
    Box box = nothing(array);
    std::pair<int64_t, int64_t> flat{INT64_MAX, 0};
    for (size_t k = 0; k < nest.operands.size(); ++k) {
      const Operand& operand = nest.operands[k];
      if (operand.kind != OperandKind::load || operand.buffer != array || (apart && operand.in_epilogue != epilogue))
        continue;
      if (is_at_hand(kernel.global, k, out_.arrays[array], indexes, rank)) continue;
      const Access& access = *kernel.global.accesses[k];
      box = hull(box, access.touched(indexes));
      if (!access.is_flat()) continue;
      const auto range = access.range(indexes);
      flat = {std::min(flat.first, range.first), std::max(flat.second, range.second)};
    }
    return flat.second == 0 ? box : in_c_order(array, box, flat);
  }

  // Memory for what is read by its position has everything between.
  Box in_c_order(uint32_t array, const Box& box, std::pair<int64_t, int64_t> range) const {
    const Shape& shape = out_.arrays[array].shape;
    std::vector<int64_t> last = box.upper;
    for (int64_t& index : last) --index;
    return box_of_range(shape, std::min(range.first, position_of(shape, box.lower)),
                        std::max(range.second, position_of(shape, last) + 1));
  }

  void add(uint32_t k, Fetch fetch) {
    if (std::all_of(fetch.needed.begin(), fetch.needed.end(), [](const Box& box) { return box.is_empty(); })) return;
    out_.kernels[k].fetches.push_back(static_cast<uint32_t>(out_.fetches.size()));
    out_.fetches.push_back(std::move(fetch));
  }

  // An array that many ranks need nearly as a whole is not sent round without a word, unless it is small, also beside
  // what the kernel touches anyway.
  void refuse_gathers(uint32_t k) const {
    constexpr int64_t small = 1 << 20;
    const GlobalKernel& kernel = out_.kernels[k];
    for (const uint32_t f : kernel.fetches) {
      const Fetch& fetch = out_.fetches[f];
      const GlobalArray& array = out_.arrays[fetch.array];
      int64_t fetched = 0, most = 0;
      for (int rank = 0; rank < out_.ranks; ++rank) {
        const Box& box = fetch.needed[static_cast<size_t>(rank)];
        const int64_t count = box.count() - intersection(box, array.held(rank)).count();
        fetched += count;
        most = std::max(most, count * array.itemsize - touched_bytes(kernel, fetch.array, rank));
      }
      if (fetched > 2 * element_count(array.shape) && most > small)
        throw Error(ErrorCode::unsupported,
                    fmt::format("every rank would need {} bytes of {}, which is {}: gather it, or give "
                                "arrays layouts that agree",
                                most, name_of_array(fetch.array), describe(array.layout, array.shape)));
    }
  }

  int64_t touched_bytes(const GlobalKernel& kernel, uint32_t but, int rank) const {
    const Box indexes = kernel.split.indexes(kernel.global, kernel.split.of(rank));
    int64_t bytes = 0;
    for (size_t k = 0; k < kernel.global.nest.operands.size(); ++k)
      if (const Operand& operand = kernel.global.nest.operands[k]; kernel.global.accesses[k] && operand.buffer != but)
        bytes = capped_add(
            bytes, capped_multiply(kernel.global.accesses[k]->touched(indexes).count(), size_of(operand.dtype)));
    return bytes;
  }

  std::string name_of_array(uint32_t array) const {
    const BufferInfo& info = out_.buffers[array];
    if (info.role == BufferRole::input) return fmt::format("input '{}'", out_.names[info.slot]);
    return "an intermediate result";
  }

  void add_output_fetches() {
    for (const auto& [output, array] : redirected_) {
      Fetch fetch{array, Fetch::For::output, output, {}};
      for (int rank = 0; rank < out_.ranks; ++rank) fetch.needed.push_back(out_.arrays[output].held(rank));
      out_.fetches.push_back(std::move(fetch));
    }
  }

  // ---- order ----

  void schedule() {
    std::vector<bool> posted(out_.fetches.size(), false), pending(out_.kernels.size(), false);
    for (uint32_t k = 0; k < out_.kernels.size(); ++k) {
      GlobalPlan::Step step;
      step.kernel = static_cast<int32_t>(k);
      if (reads_pending(k, pending)) combine_all(step, pending);
      const auto& own = out_.kernels[k].fetches;
      if (k == 0 || std::any_of(own.begin(), own.end(), [&](uint32_t f) { return !posted[f]; }))
        post_all(step, k, posted, pending);
      pending[k] = out_.kernels[k].split.kind == Split::Kind::blocks;
      out_.steps.push_back(std::move(step));
    }
    GlobalPlan::Step end;
    combine_all(end, pending);
    post_all(end, static_cast<uint32_t>(out_.kernels.size()), posted, pending);
    out_.steps.push_back(std::move(end));
  }

  bool reads_pending(uint32_t k, const std::vector<bool>& pending) const {
    const auto& operands = out_.kernels[k].global.nest.operands;
    return std::any_of(operands.begin(), operands.end(), [&](const Operand& operand) {
      if (operand.kind != OperandKind::load) return false;
      const int32_t producer = producer_[operand.buffer];
      return producer != nobody && pending[static_cast<size_t>(producer)];
    });
  }

  static void combine_all(GlobalPlan::Step& step, std::vector<bool>& pending) {
    for (uint32_t k = 0; k < pending.size(); ++k)
      if (pending[k]) step.combined.push_back(k);
    std::fill(pending.begin(), pending.end(), false);
  }

  // Everything that is there by now.
  void post_all(GlobalPlan::Step& step, uint32_t before, std::vector<bool>& posted,
                const std::vector<bool>& pending) const {
    for (uint32_t f = 0; f < out_.fetches.size(); ++f) {
      const int32_t producer = producer_[out_.fetches[f].array];
      if (posted[f] || producer >= static_cast<int32_t>(before)) continue;
      if (producer != nobody && pending[static_cast<size_t>(producer)]) continue;
      posted[f] = true;
      step.posted.push_back(f);
    }
  }

  const std::vector<bool>& given_;
  GlobalPlan out_;
  std::vector<int32_t> producer_;  // [array]: the kernel that stores it
  std::vector<int> level_;         // [array]: the first level that can read it
  std::vector<std::pair<uint32_t, uint32_t>> redirected_;
};

}  // namespace

BoxTransfer GlobalPlan::transfer(const Fetch& fetch) const {
  const GlobalArray& array = arrays[fetch.array];
  BoxTransfer transfer{array.itemsize, {}, fetch.needed};
  for (int rank = 0; rank < ranks; ++rank) transfer.held.push_back(array.held(rank));
  return transfer;
}

GlobalPlan make_global_plan(const Plan& plan, std::vector<Layout> layouts, const std::vector<bool>& given, int ranks,
                            std::vector<std::string> names) {
  return Planner(plan, std::move(layouts), given, ranks, std::move(names)).make();
}

}  // namespace fuseval::engine

#include "engine/ranks/local_plan.hpp"

#include <algorithm>

#include "ir/checked.hpp"
#include "ir/collapse.hpp"

namespace fuseval::engine {
namespace {

std::vector<int64_t> c_order(const GlobalPlan& plan, uint32_t array, int rank) {
  return c_strides(plan.arrays[array].held(rank).shape(), plan.arrays[array].itemsize);
}

class LocalPlanner {
 public:
  LocalPlanner(const GlobalPlan& plan, std::vector<std::vector<int64_t>> strides, int rank,
               const CompileContext& context)
      : plan_(plan), rank_(rank), context_(context) {
    out_.strides = std::move(strides);
    out_.strides.resize(plan.arrays.size());
    out_.is_packed.assign(plan.arrays.size(), false);
    for (uint32_t a = 0; a < plan.arrays.size(); ++a) note_strides(a);
  }

  LocalPlan make(bool tiles) {
    for (const GlobalKernel& kernel : plan_.kernels) pack_inputs(kernel);
    for (const GlobalKernel& kernel : plan_.kernels) out_.kernels.push_back(make(kernel));
    if (tiles) tile_runs();
    place_temporaries();
    return std::move(out_);
  }

 private:
  void note_strides(uint32_t array) {
    if (out_.strides[array].empty()) out_.strides[array] = c_order(plan_, array, rank_);
  }

  void pack_inputs(const GlobalKernel& kernel) {
    for (size_t k = 0; k < kernel.global.accesses.size(); ++k) {
      const uint32_t array = kernel.global.nest.operands[k].buffer;
      const auto& access = kernel.global.accesses[k];
      if (!access || !access->is_flat()) continue;
      const Shape shape = plan_.arrays[array].held(rank_).shape();
      if (is_c_contiguous(shape, out_.strides[array], plan_.arrays[array].itemsize)) continue;
      out_.is_packed[array] = true;
    }
  }

  // ---- kernels ----

  LocalPlan::Kernel make(const GlobalKernel& kernel) {
    LocalPlan::Kernel made;
    const Parts parts = parts_of(kernel.global, kernel.split, plan_.arrays, rank_);
    const bool blocks = kernel.split.kind == Split::Kind::blocks;
    if (!parts.interior.is_empty()) made.interior.push_back(part(kernel, parts.interior, std::nullopt));
    for (const Edge edge : {Edge::low, Edge::high})
      if (!edge_of(parts, edge).is_empty()) made.edges.push_back(part(kernel, edge_of(parts, edge), edge));
    if (!blocks) return made;
    number_nodes(made, parts);
    made.home.push_back(home(kernel));
    made.state_bytes = checked_multiply(made.home[0].kernel.code->state_bytes, made.home[0].kernel.parallel_count);
    return made;
  }

  LocalPlan::Part part(const GlobalKernel& kernel, const Range& range, std::optional<Edge> edge) {
    const bool blocks = kernel.split.kind == Split::Kind::blocks;
    LocalPlan::Part part{collapsed(kernel, logical(kernel, range, edge)), out_.parts++, {}, 0};
    if (blocks) part.nodes = nodes_of(range.first, range.last, kernel.global.nest.reduce_count(), kernel.global.block);
    return part;
  }

  // With the axes of the iteration space in logical order.
  LoopNest logical(const GlobalKernel& kernel, const Range& range, std::optional<Edge> edge) const {
    LoopNest nest = placed(kernel, kernel.split.indexes(kernel.global, range), edge);
    if (kernel.split.kind != Split::Kind::parallel) return nest;
    return part_of(nest, kernel.split.axis, range.first, range.last);
  }

  // Low edge, interior, high edge.
  static void number_nodes(LocalPlan::Kernel& made, const Parts& parts) {
    size_t nodes = 0;
    const auto number = [&](LocalPlan::Part& part) {
      part.first_node = nodes;
      nodes += part.nodes.size();
    };
    if (!parts.low.is_empty()) number(made.edges.front());
    if (!parts.interior.is_empty()) number(made.interior.front());
    if (!parts.high.is_empty()) number(made.edges.back());
  }

  LocalPlan::Home home(const GlobalKernel& kernel) {
    LoopNest nest = collapsed(kernel, placed(kernel, Box::empty(kernel.global.nest.axes.size()), std::nullopt));
    PreparedKernel prepared = prepare(nest, context_.kernels.get(nest, context_.target, context_.control));
    return {std::move(nest), out_.homes++, std::move(prepared)};
  }

  static LoopNest collapsed(const GlobalKernel& kernel, LoopNest nest) {
    if (kernel.split.kind == Split::Kind::blocks)
      collapse_in_order(nest);
    else
      collapse(nest);
    return nest;
  }

  LoopNest placed(const GlobalKernel& kernel, const Box& indexes, std::optional<Edge> edge) const {
    LoopNest nest = kernel.global.nest;
    for (size_t k = 0; k < nest.operands.size(); ++k)
      if (kernel.global.accesses[k]) nest.operands[k] = placed(kernel, k, indexes, edge);
    return nest;
  }

  Operand placed(const GlobalKernel& kernel, size_t k, const Box& indexes, std::optional<Edge> edge) const {
    const Operand& operand = kernel.global.nest.operands[k];
    const Access& access = *kernel.global.accesses[k];
    const GlobalArray& array = plan_.arrays[operand.buffer];
    if (operand.kind == OperandKind::load) {
      const bool once = operand.in_epilogue && kernel.split.kind == Split::Kind::blocks;
      const Box where = once ? kernel.global.whole() : indexes;
      if (!is_at_hand(kernel.global, k, array, where, rank_)) {
        const uint32_t f = fetch_of(kernel, operand.buffer, once, edge);
        Operand result = access.placed(operand, fetched_place(plan_.fetches[f]));
        result.buffer = static_cast<uint32_t>(plan_.arrays.size()) + f;
        return result;
      }
    }
    return access.placed(operand, {array.held(rank_), out_.memory_strides(plan_, operand.buffer, rank_)});
  }

  uint32_t fetch_of(const GlobalKernel& kernel, uint32_t array, bool epilogue, std::optional<Edge> edge) const {
    const auto purpose = epilogue            ? Fetch::For::epilogue
                         : edge == Edge::low ? Fetch::For::low_edge
                                             : Fetch::For::high_edge;
    return *std::find_if(kernel.fetches.begin(), kernel.fetches.end(), [&](uint32_t f) {
      return plan_.fetches[f].array == array && plan_.fetches[f].purpose == purpose;
    });
  }

  BoxPlace fetched_place(const Fetch& fetch) const {
    const Box& box = fetch.needed[static_cast<size_t>(rank_)];
    return {box, c_strides(box.shape(), plan_.arrays[fetch.array].itemsize)};
  }

  // ---- chains ----

  // Kernels that follow each other with no messages between them may run tile by tile.
  void tile_runs() {
    in_tiles_.assign(plan_.arrays.size(), false);
    for (size_t first = 0, last = 0; first < plan_.kernels.size(); first = std::max(last, first + 1)) {
      last = first;
      while (last < plan_.kernels.size() && is_whole(last) && (last == first || follows(last))) ++last;
      if (last - first > 1) tile_run(first, last);
    }
  }
  // All that this rank runs of it runs at once, over memory that is here.
  bool is_whole(size_t k) const {
    const LocalPlan::Kernel& kernel = out_.kernels[k];
    return plan_.kernels[k].fetches.empty() && kernel.home.empty() && kernel.interior.size() == 1 &&
           kernel.edges.empty();
  }
  bool follows(size_t k) const { return plan_.steps[k].combined.empty() && plan_.steps[k].posted.empty(); }

  void tile_run(size_t first, size_t last) {
    auto run = std::make_shared<Plan>();
    run->buffers = plan_.buffers;
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a) {
      run->buffers[a].shape = plan_.arrays[a].held(rank_).shape();
      run->buffers[a].strides = out_.memory_strides(plan_, a, rank_);
    }
    for (size_t k = first; k < last; ++k) {
      const GlobalKernel& kernel = plan_.kernels[k];
      const Parts parts = parts_of(kernel.global, kernel.split, plan_.arrays, rank_);
      run->kernels.push_back(logical(kernel, parts.interior, std::nullopt));
    }
    run->chains = find_chains(*run, context_.chains);
    collapse_axes(*run);
    keep_memory_of_others(*run, first, last);
    for (size_t c = 0; c < run->chains.size(); ++c)
      if (run->chains[c].is_tiled()) take_over(run, first, c);
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a)
      if (run->tile_of[a] >= 0) in_tiles_[a] = true;
  }

  // Who is not in the run does not see its tiles.
  void keep_memory_of_others(Plan& run, size_t first, size_t last) const {
    for (const Fetch& fetch : plan_.fetches) run.tile_of[fetch.array] = -1;
    for (size_t k = 0; k < plan_.kernels.size(); ++k)
      if (k < first || k >= last)
        for (const Operand& operand : plan_.kernels[k].global.nest.operands)
          if (operand.kind != OperandKind::index) run.tile_of[operand.buffer] = -1;
  }

  void take_over(const std::shared_ptr<const Plan>& run, size_t first, size_t position) {
    const Chain& chain = run->chains[position];
    LocalPlan::Part part;
    part.number = out_.kernels[first + chain.first].interior[0].number;
    part.run = run;
    part.chain = position;
    for (size_t k = 0; k < chain.size(); ++k) out_.kernels[first + chain.first + k].interior.clear();
    out_.kernels[first + chain.first].interior.push_back(std::move(part));
  }

  // ---- memory ----

  void place_temporaries() {
    const auto take = [&](int64_t count, int64_t itemsize) {
      const int64_t at = out_.temporary_bytes, bytes = checked_round_up(checked_multiply(count, itemsize), 64);
      out_.temporary_bytes = checked_add(at, bytes);
      return at;
    };
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a) {
      const bool tiled = !in_tiles_.empty() && in_tiles_[a];
      const bool ours = (plan_.buffers[a].role == BufferRole::temporary && !tiled) || out_.is_packed[a];
      out_.offsets.push_back(ours ? take(plan_.arrays[a].held(rank_).count(), plan_.arrays[a].itemsize) : -1);
    }
    for (const Fetch& fetch : plan_.fetches) {
      const bool direct = fetch.purpose == Fetch::For::output;
      const int64_t count = fetch.needed[static_cast<size_t>(rank_)].count();
      out_.offsets.push_back(direct ? -1 : take(count, plan_.arrays[fetch.array].itemsize));
    }
  }

  const GlobalPlan& plan_;
  int rank_;
  const CompileContext& context_;
  LocalPlan out_;
  std::vector<bool> in_tiles_;  // [array]: no kernel needs more of it than a tile; empty: of none
};

}  // namespace

std::vector<int64_t> LocalPlan::memory_strides(const GlobalPlan& plan, uint32_t array, int rank) const {
  return is_packed[array] ? c_order(plan, array, rank) : strides[array];
}

LocalPlan make_local_plan(const GlobalPlan& plan, std::vector<std::vector<int64_t>> strides, int rank, bool tiles,
                          const CompileContext& context) {
  return LocalPlanner(plan, std::move(strides), rank, context).make(tiles);
}

std::vector<TreeNode> nodes_of_rank(const GlobalKernel& kernel, const GlobalPlan& plan, int rank) {
  const Parts parts = parts_of(kernel.global, kernel.split, plan.arrays, rank);
  const int64_t count = kernel.global.nest.reduce_count();
  std::vector<TreeNode> nodes;
  for (const Range& range : {parts.low, parts.interior, parts.high})
    for (const TreeNode& node : nodes_of(range.first, range.last, count, kernel.global.block)) nodes.push_back(node);
  return nodes;
}

}  // namespace fuseval::engine

#include "engine/distributed/local_plan.hpp"

#include <algorithm>

#include "ir/collapse.hpp"

namespace fuseval::engine {
namespace {

std::vector<int64_t> c_order(const GlobalPlan& plan, uint32_t array, int rank) {
  return c_strides(plan.arrays[array].held(rank).shape(), plan.arrays[array].itemsize);
}

class LocalPlanner {
 public:
  LocalPlanner(const GlobalPlan& plan, std::vector<std::vector<int64_t>> strides, int rank, const Workshop& workshop)
      : plan_(plan), rank_(rank), workshop_(workshop) {
    out_.strides = std::move(strides);
    out_.strides.resize(plan.arrays.size());
    out_.is_packed.assign(plan.arrays.size(), false);
    for (uint32_t a = 0; a < plan.arrays.size(); ++a) note_strides(a);
  }

  LocalPlan make() {
    for (const GlobalKernel& kernel : plan_.kernels) pack_inputs(kernel);
    for (const GlobalKernel& kernel : plan_.kernels) out_.kernels.push_back(make(kernel));
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
    made.state_bytes = made.home[0].kernel.code->state_bytes * made.home[0].kernel.parallel_count;
    return made;
  }

  LocalPlan::Part part(const GlobalKernel& kernel, const Range& range, std::optional<Edge> edge) {
    const bool blocks = kernel.split.kind == Split::Kind::blocks;
    LoopNest nest = placed(kernel, kernel.split.indexes(kernel.global, range), edge);
    if (kernel.split.kind == Split::Kind::parallel) nest = part_of(nest, kernel.split.axis, range.first, range.last);
    LocalPlan::Part part{collapsed(kernel, std::move(nest)), out_.parts++, {}, 0};
    if (blocks) part.nodes = nodes_of(range.first, range.last, kernel.global.nest.reduce_count(), kernel.global.block);
    return part;
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
    PreparedKernel prepared = prepare(nest, workshop_.kernels.get(nest, workshop_.target, workshop_.control));
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

  // ---- memory ----

  void place_temporaries() {
    const auto take = [&](int64_t bytes) {
      const int64_t at = out_.temporary_bytes;
      out_.temporary_bytes += (bytes + 63) / 64 * 64;
      return at;
    };
    for (uint32_t a = 0; a < plan_.arrays.size(); ++a) {
      const bool ours = plan_.buffers[a].role == BufferRole::temporary || out_.is_packed[a];
      out_.offsets.push_back(ours ? take(plan_.arrays[a].held(rank_).count() * plan_.arrays[a].itemsize) : -1);
    }
    for (const Fetch& fetch : plan_.fetches) {
      const bool direct = fetch.purpose == Fetch::For::output;
      const int64_t count = fetch.needed[static_cast<size_t>(rank_)].count();
      out_.offsets.push_back(direct ? -1 : take(count * plan_.arrays[fetch.array].itemsize));
    }
  }

  const GlobalPlan& plan_;
  int rank_;
  const Workshop& workshop_;
  LocalPlan out_;
};

}  // namespace

std::vector<int64_t> LocalPlan::memory_strides(const GlobalPlan& plan, uint32_t array, int rank) const {
  return is_packed[array] ? c_order(plan, array, rank) : strides[array];
}

LocalPlan make_local_plan(const GlobalPlan& plan, std::vector<std::vector<int64_t>> strides, int rank,
                          const Workshop& workshop) {
  return LocalPlanner(plan, std::move(strides), rank, workshop).make();
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

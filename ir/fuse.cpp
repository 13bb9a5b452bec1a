#include "ir/fuse.hpp"

#include <algorithm>
#include <limits>

#include "ir/walk.hpp"

namespace fuseval {
namespace {

// An expression larger than this is cut by storing intermediates: code size, registers and compile time grow with it.
constexpr size_t body_limit = 256;
// Work (ops.def's cost) from which an intermediate that would be evaluated twice or more is stored instead: a store and
// a load of eight bytes cost about as much as this at memory bandwidth.
constexpr int64_t recompute_limit = 12;
// Arrays that one merged kernel may read: each is a stream for the prefetchers.
constexpr size_t leaf_limit = 16;
// Reductions of one kernel: by then it computes longer than it takes to read an array, so that merging more of them
// saves nothing, and their states would leave the caches. Kernels of so many that differ in constants alone are one
// piece of machine code.
constexpr size_t accumulator_limit = 16;
// Bounds on the search, for programs with very many results: how far back a root looks for a kernel to join, and how
// often placement is redone.
constexpr size_t join_window = 16;
constexpr int round_limit = 8;

bool is_elementwise(Family family) { return family == Family::scalar || family == Family::cast; }

// From kernel indices in the order of `axes` (positions in the squeezed shape, -1 for none) to the indices of `shape`.
AffineView map_axes(const Shape& kernel_shape, const std::vector<int>& axes, const Shape& shape) {
  AffineView map = AffineView::zero(static_cast<int>(shape.size()), kernel_shape);
  int squeezed = 0;
  for (int s = 0; s < map.source_rank; ++s) {
    if (shape[static_cast<size_t>(s)] == 1) continue;
    for (size_t k = 0; k < axes.size(); ++k)
      if (axes[k] == squeezed) map.at(s, static_cast<int>(k)) = 1;
    ++squeezed;
  }
  return map;
}

std::vector<int> axes_of(const KernelGroup& kernel, bool reduced) {
  std::vector<int> axes;
  for (size_t k = 0; k < kernel.space.size(); ++k)
    if ((kernel.reduced_axes >> k & 1) == (reduced ? 1u : 0u)) axes.push_back(static_cast<int>(k));
  return axes;
}

Shape kernel_shape(const KernelGroup& kernel) {
  Shape shape = kernel.kept();
  for (const int64_t extent : kernel.reduced()) shape.push_back(extent);
  return shape;
}

Shape pick(const Shape& shape, const std::vector<int>& axes) {
  Shape result;
  for (const int axis : axes) result.push_back(shape[static_cast<size_t>(axis)]);
  return result;
}

class Fuser {
 public:
  Fuser(const Function& function, const std::function<bool(NodeId)>& must_store)
      : function_(function), graph_(function.graph), forced_(graph_.size(), false) {
    mark_live();
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (live_[id] && graph_[id].family == Family::reshape && must_store(id)) forced_[graph_.input_of(id)] = true;
    cut_large_expressions();
  }

  // Storing an intermediate changes what is evaluated how often, so placement is redone until nothing more is worth
  // storing; programs met in practice settle in two or three rounds.
  FusionPlan run() {
    int rounds = 0;
    do place_all();
    while (++rounds < round_limit && store_expensive());
    mark_temporaries();
    return std::move(plan_);
  }

 private:
  // Something a root reads: `leaf` as the walk met it, and the node whose elements must be in memory for it.
  struct Dependency {
    NodeId leaf;
    NodeId node;
    AffineView map;
  };

  void mark_live() {
    live_.assign(graph_.size(), false);
    is_output_.assign(graph_.size(), false);
    for (const NodeId id : function_.outputs) live_[id] = is_output_[id] = true;
    for (NodeId id = static_cast<NodeId>(graph_.size()); id-- > 0;)
      if (live_[id])
        for (const NodeId input : graph_.inputs(id)) live_[input] = true;
  }

  bool is_root(NodeId id) const {
    return live_[id] && (is_output_[id] || forced_[id] || graph_[id].family == Family::reduce);
  }

  // Sizes of expressions down to what is stored. Shared subexpressions count each time they are used: cheap to find,
  // and too large at worst.
  void cut_large_expressions() {
    sizes_.assign(graph_.size(), 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!is_elementwise(graph_[id].family) && graph_[id].family != Family::view) continue;
      sizes_[id] = is_elementwise(graph_[id].family) ? 1 : 0;
      for (const NodeId input : graph_.inputs(id)) sizes_[id] += is_root(input) ? 0 : sizes_[input];
      sizes_[id] = std::min(sizes_[id], 4 * body_limit);
      if (live_[id] && sizes_[id] > body_limit) forced_[id] = is_elementwise(graph_[id].family);
    }
  }

  size_t expression_size(NodeId root) const {
    return graph_[root].family == Family::reduce ? sizes_[graph_.input_of(root)] : sizes_[root];
  }

  size_t size_of_body(const KernelGroup& kernel) const {
    size_t size = 0;
    for (const auto* roots : {&kernel.body, &kernel.reduces})
      for (const NodeId id : *roots) size += expression_size(id);
    return size;
  }

  void place_all() {
    plan_.kernels.clear();
    kernel_of_.assign(graph_.size(), -1);
    plan_.root.assign(graph_.size(), false);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!is_root(id)) continue;
      plan_.root[id] = true;
      if (graph_[id].family == Family::reduce)
        place_reduction(id);
      else
        place_elementwise(id);
    }
  }

  ExpressionWalk new_walk() const {
    return {graph_, [this](NodeId id) { return is_root(id) && is_elementwise(graph_[id].family); }};
  }

  // A reshape reads its source's memory.
  NodeId stored_node(NodeId leaf) const {
    return graph_[leaf].family == Family::reshape ? graph_.input_of(leaf) : leaf;
  }

  // The kernel that makes what is read; -1 for the caller's memory.
  int producer(const Dependency& need) const {
    const bool of_caller = graph_[need.node].family == Family::input && !(need.leaf != need.node && forced_[need.node]);
    return of_caller ? -1 : kernel_of_[need.node];
  }

  // What must be in memory (or in this kernel) before root can be evaluated at map.
  std::vector<Dependency> dependencies(NodeId root, const AffineView& map) const {
    ExpressionWalk walk = new_walk();
    if (graph_[root].family == Family::reduce)
      walk.visit(graph_.input_of(root), map);
    else
      walk.visit(root, map, true);
    std::vector<Dependency> result;
    for (const Visit& visit : walk.visits())
      if (visit.leaf && (visit.node != root || graph_[root].family == Family::reshape))
        result.push_back({visit.node, stored_node(visit.node), walk.map(visit.map)});
    return result;
  }

  int last_kernel(const std::vector<Dependency>& needs) const {
    int last = -1;
    for (const Dependency& need : needs) last = std::max(last, producer(need));
    return last;
  }

  bool contains(const std::vector<NodeId>& nodes, NodeId id) const {
    return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
  }

  // Whether everything needed from kernel k itself is a value that it has at the very same element.
  bool reads_own_values(int k, const std::vector<Dependency>& needs, bool in_epilogue) const {
    const KernelGroup& kernel = plan_.kernels[static_cast<size_t>(k)];
    for (const Dependency& need : needs) {
      if (producer(need) != k) continue;
      if (need.leaf != need.node) return false;
      const auto& own = in_epilogue ? kernel.reduces : kernel.body;
      const bool epilogue_root = in_epilogue && contains(kernel.epilogue, need.node);
      if (!epilogue_root && !contains(own, need.node)) return false;
      const Shape& shape = graph_.shape(need.node);
      if (need.map != (in_epilogue ? epilogue_map(kernel, shape) : body_map(kernel, shape))) return false;
    }
    return true;
  }

  std::vector<NodeId> leaves(const KernelGroup& kernel) const {
    std::vector<NodeId> result;
    const auto collect = [&](NodeId root, const AffineView& map) {
      for (const Dependency& need : dependencies(root, map)) result.push_back(need.node);
    };
    for (const NodeId id : kernel.body) {
      collect(id, body_map(kernel, graph_.shape(id)));
      result.push_back(id);
    }
    for (const NodeId id : kernel.reduces) collect(id, body_map(kernel, graph_.shape(graph_.input_of(id))));
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  bool shares_leaf(const KernelGroup& kernel, const std::vector<Dependency>& needs) const {
    const std::vector<NodeId> known = leaves(kernel);
    return std::any_of(needs.begin(), needs.end(), [&](const Dependency& need) {
      return std::binary_search(known.begin(), known.end(), need.node);
    });
  }

  bool has_room(const KernelGroup& kernel, NodeId id, const std::vector<Dependency>& needs) const {
    // What it stores is among its leaves, which take long to find.
    if (kernel.body.size() + needs.size() > leaf_limit) return false;
    if (size_of_body(kernel) + expression_size(id) > body_limit) return false;
    return leaves(kernel).size() + needs.size() <= leaf_limit;
  }

  void place_elementwise(NodeId id) {
    if (place_in_epilogue(id) || place_in_body(id)) return;
    KernelGroup kernel;
    kernel.space = squeeze(graph_.shape(id));
    kernel.body.push_back(id);
    append(std::move(kernel), id);
  }

  void append(KernelGroup kernel, NodeId id) {
    plan_.kernels.push_back(std::move(kernel));
    kernel_of_[id] = static_cast<int>(plan_.kernels.size() - 1);
  }

  bool place_in_epilogue(NodeId id) {
    const Shape shape = squeeze(graph_.shape(id));
    const auto needs = dependencies(id, AffineView::identity(graph_.shape(id)));
    const int k = last_kernel(needs);
    if (k < 0) return false;
    KernelGroup& kernel = plan_.kernels[static_cast<size_t>(k)];
    if (!kernel.is_reduction() || kernel.kept() != shape) return false;
    if (!reads_own_values(k, dependencies(id, epilogue_map(kernel, graph_.shape(id))), true)) return false;
    kernel.epilogue.push_back(id);
    kernel_of_[id] = k;
    return true;
  }

  size_t first_candidate() const { return plan_.kernels.size() - std::min(plan_.kernels.size(), join_window); }

  bool place_in_body(NodeId id) {
    const Shape shape = squeeze(graph_.shape(id));
    for (size_t k = first_candidate(); k < plan_.kernels.size(); ++k) {
      KernelGroup& kernel = plan_.kernels[k];
      if (kernel.space != shape) continue;
      const auto needs = dependencies(id, body_map(kernel, graph_.shape(id)));
      if (!may_join(static_cast<int>(k), id, needs) || !shares_leaf(kernel, needs)) continue;
      kernel.body.push_back(id);
      kernel_of_[id] = static_cast<int>(k);
      return true;
    }
    return false;
  }

  bool may_join(int k, NodeId id, const std::vector<Dependency>& needs) const {
    if (last_kernel(needs) > k || !has_room(plan_.kernels[static_cast<size_t>(k)], id, needs)) return false;
    return reads_own_values(k, needs, false);
  }

  KernelGroup reduction_space(NodeId id) const {
    const Shape& shape = graph_.shape(graph_.input_of(id));
    const uint64_t mask = graph_[id].attribute;
    KernelGroup kernel;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] == 1) continue;
      if (mask >> axis & 1) kernel.reduced_axes |= uint64_t{1} << kernel.space.size();
      kernel.space.push_back(shape[axis]);
    }
    // The order follows the logical operand shape, extents of 1 included.
    const bool keeps_last = !shape.empty() && !(mask >> (shape.size() - 1) & 1);
    kernel.order = keeps_last ? ReductionOrder::serial16 : ReductionOrder::lanes;
    kernel.reduces.push_back(id);
    return kernel;
  }

  void place_reduction(NodeId id) {
    KernelGroup wanted = reduction_space(id);
    const Shape& shape = graph_.shape(graph_.input_of(id));
    for (size_t k = first_candidate(); k < plan_.kernels.size(); ++k) {
      KernelGroup& kernel = plan_.kernels[k];
      if (kernel.space != wanted.space || !may_reduce_in(kernel, wanted, id)) continue;
      KernelGroup merged = kernel;
      merged.reduced_axes = wanted.reduced_axes;
      merged.order = wanted.order;
      const auto needs = dependencies(id, body_map(merged, shape));
      const bool from_elementwise = !kernel.is_reduction();
      std::swap(kernel, merged);
      const bool fits = may_join(static_cast<int>(k), id, needs) && (!from_elementwise || shares_leaf(kernel, needs));
      if (!fits) {
        std::swap(kernel, merged);
        continue;
      }
      kernel.reduces.push_back(id);
      kernel_of_[id] = static_cast<int>(k);
      return;
    }
    append(std::move(wanted), id);
  }

  // Order-sensitive accumulators of one kernel must have one size: it decides the canonical block.
  bool may_reduce_in(const KernelGroup& kernel, const KernelGroup& wanted, NodeId id) const {
    if (!kernel.is_reduction()) return true;
    if (kernel.reduces.size() == accumulator_limit) return false;
    if (kernel.reduced_axes != wanted.reduced_axes || kernel.order != wanted.order) return false;
    const auto sensitive_size = [&](NodeId n) {
      const DType dtype = graph_.dtype(graph_.input_of(n));
      return is_order_sensitive(graph_[n].reduction(), dtype) ? size_of(dtype) : 0;
    };
    const int size = sensitive_size(id);
    return std::all_of(kernel.reduces.begin(), kernel.reduces.end(), [&](NodeId other) {
      const int known = sensitive_size(other);
      return size == 0 || known == 0 || size == known;
    });
  }

  // Work of one element of each node, down to what is stored. Saturates.
  std::vector<int64_t> cone_costs() const {
    std::vector<int64_t> costs(graph_.size(), 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Family family = graph_[id].family;
      if (!is_elementwise(family) && family != Family::view) continue;
      costs[id] = family == Family::scalar ? info(graph_[id].op()).cost : family == Family::cast ? 1 : 0;
      for (const NodeId input : graph_.inputs(id))
        if (!is_root(input)) costs[id] = std::min<int64_t>(costs[id] + costs[input], 1 << 20);
    }
    return costs;
  }

  // How often the kernels evaluate each node, in elements; a value that does not move along the innermost axis is
  // computed once before that loop.
  std::vector<double> evaluations() const {
    std::vector<double> counts(graph_.size(), 0);
    for (const KernelGroup& kernel : plan_.kernels) {
      ExpressionWalk walk = new_walk();
      for (const NodeId id : kernel.body) walk.visit(id, body_map(kernel, graph_.shape(id)), true);
      for (const NodeId id : kernel.reduces)
        walk.visit(graph_.input_of(id), body_map(kernel, graph_.shape(graph_.input_of(id))));
      count_visits(walk, kernel_shape(kernel), counts);
      ExpressionWalk after = new_walk();
      for (const NodeId id : kernel.epilogue) after.visit(id, epilogue_map(kernel, graph_.shape(id)), true);
      count_visits(after, kernel.kept(), counts);
    }
    return counts;
  }

  void count_visits(const ExpressionWalk& walk, const Shape& shape, std::vector<double>& counts) const {
    double elements = 1;
    for (const int64_t extent : shape) elements *= static_cast<double>(extent);
    for (const Visit& visit : walk.visits()) {
      if (visit.leaf) continue;
      const AffineView& map = walk.map(visit.map);
      bool moves = shape.empty();
      for (int s = 0; s < map.source_rank && !shape.empty(); ++s)
        moves |= map.at(s, static_cast<int>(shape.size()) - 1) != 0;
      counts[visit.node] += moves ? elements : elements / std::max<double>(1, static_cast<double>(shape.back()));
    }
  }

  bool store_expensive() {
    const std::vector<int64_t> costs = cone_costs();
    const std::vector<double> counts = evaluations();
    std::vector<bool> wanted(graph_.size(), false), covered(graph_.size(), false);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const auto own = static_cast<double>(element_count(graph_.shape(id)));
      wanted[id] = is_elementwise(graph_[id].family) && !is_root(id) && own > 1 && costs[id] >= recompute_limit &&
                   counts[id] >= 2 * own;
    }
    // Storing the outermost of a chain is enough: what only feeds a stored node is evaluated once again.
    for (NodeId id = static_cast<NodeId>(graph_.size()); id-- > 0;)
      if (live_[id] && (wanted[id] || covered[id]))
        for (const NodeId input : graph_.inputs(id)) covered[input] = true;
    bool changed = false;
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (wanted[id] && !covered[id]) forced_[id] = changed = true;
    return changed;
  }

  void mark_temporaries() {
    plan_.temporary.assign(graph_.size(), false);
    for (size_t k = 0; k < plan_.kernels.size(); ++k) {
      const KernelGroup& kernel = plan_.kernels[k];
      const auto mark = [&](NodeId id, const AffineView& map) {
        for (const Dependency& need : dependencies(id, map))
          if (producer(need) >= 0 && producer(need) != static_cast<int>(k)) plan_.temporary[need.node] = true;
      };
      for (const NodeId id : kernel.body) mark(id, body_map(kernel, graph_.shape(id)));
      for (const NodeId id : kernel.epilogue) mark(id, epilogue_map(kernel, graph_.shape(id)));
      for (const NodeId id : kernel.reduces) mark(id, body_map(kernel, graph_.shape(graph_.input_of(id))));
    }
  }

  const Function& function_;
  const Graph& graph_;
  std::vector<bool> live_, is_output_, forced_;
  std::vector<int> kernel_of_;
  std::vector<size_t> sizes_;
  FusionPlan plan_;
};

}  // namespace

Shape KernelGroup::kept() const { return pick(space, axes_of(*this, false)); }
Shape KernelGroup::reduced() const { return pick(space, axes_of(*this, true)); }

Shape squeeze(const Shape& shape) {
  Shape result;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(result), [](int64_t extent) { return extent != 1; });
  return result;
}

AffineView body_map(const KernelGroup& kernel, const Shape& node_shape) {
  std::vector<int> axes = axes_of(kernel, false);
  for (const int axis : axes_of(kernel, true)) axes.push_back(axis);
  return map_axes(kernel_shape(kernel), axes, node_shape);
}

AffineView epilogue_map(const KernelGroup& kernel, const Shape& node_shape) {
  std::vector<int> axes;
  for (size_t k = 0; k < kernel.kept().size(); ++k) axes.push_back(static_cast<int>(k));
  return map_axes(kernel_shape(kernel), axes, node_shape);
}

FusionPlan fuse(const Function& function, const std::function<bool(NodeId)>& must_store) {
  return Fuser(function, must_store).run();
}

}  // namespace fuseval

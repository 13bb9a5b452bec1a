// lower: from kernel groups to loop nests over the caller's and temporary buffers. Whether a reshape can be a view
// depends on the strides of what it reads, so `fuse` is told here too.
#include <algorithm>
#include <map>
#include <optional>

#include "ir/checked.hpp"
#include "ir/error.hpp"
#include "ir/fuse.hpp"
#include "ir/plan.hpp"
#include "ir/walk.hpp"

namespace fuseval {

namespace {

// NumPy's rule for a reshape without a copy: groups of axes with equal products, each walked as one in the source.
std::optional<std::vector<int64_t>> reshaped_strides(const ArrayLayout& source, const Shape& target, int64_t itemsize) {
  if (element_count(target) == 0) return c_strides(target, itemsize);
  Shape shape;
  std::vector<int64_t> strides;
  for (size_t k = 0; k < source.shape.size(); ++k)
    if (source.shape[k] != 1) {
      shape.push_back(source.shape[k]);
      strides.push_back(source.strides[k]);
    }
  std::vector<int64_t> result(target.size(), 0);
  size_t from = 0, to = 0;
  while (from < shape.size()) {
    size_t from_end = from + 1, to_end = to + 1;
    int64_t from_count = shape[from], to_count = target[to];
    while (from_count != to_count)
      if (from_count < to_count)
        from_count *= shape[from_end++];
      else
        to_count *= target[to_end++];
    for (size_t k = from; k + 1 < from_end; ++k)
      if (strides[k] != strides[k + 1] * shape[k + 1]) return std::nullopt;
    int64_t step = strides[from_end - 1];
    for (size_t k = to_end; k-- > to;) {
      result[k] = target[k] == 1 ? 0 : step;
      step *= target[k];
    }
    from = from_end;
    to = to_end;
  }
  return result;
}

/// Memory that a leaf reads, before the kernel's index map is applied.
struct Source {
  uint32_t buffer = 0;
  int64_t offset = 0;
  std::vector<int64_t> strides;
};

// Afterwards no sum of an array's strides times indexes wraps.
void settle(ArrayLayout& layout, DType dtype) {
  if (!extent_of(layout, size_of(dtype))) throw Error(ErrorCode::internal, "lower: an array beyond the address space");
  layout = settled(std::move(layout), size_of(dtype));
}

/// The offset and the strides, in the units of `strides`, of a view of something that has these strides.
std::pair<int64_t, std::vector<int64_t>> apply(const AffineView& view, const std::vector<int64_t>& strides) {
  int64_t offset = 0;
  std::vector<int64_t> result(view.shape.size(), 0);
  for (int s = 0; s < view.source_rank; ++s) {
    const int64_t step = strides[static_cast<size_t>(s)];
    offset = checked_add(offset, checked_multiply(view.offset[static_cast<size_t>(s)], step));
    for (int k = 0; k < view.rank(); ++k) {
      int64_t& moved = result[static_cast<size_t>(k)];
      moved = checked_add(moved, checked_multiply(view.at(s, k), step));
    }
  }
  return {offset, result};
}

/// The memory of inputs and of views of them.
class InputMemory {
 public:
  struct Region {
    uint32_t slot = 0;
    int64_t offset = 0;  ///< bytes
    ArrayLayout layout;
  };

  InputMemory(const Graph& graph, std::span<const ArrayLayout> inputs)
      : graph_(graph), layouts_(inputs.begin(), inputs.end()) {
    for (NodeId id = 0; id < graph.size(); ++id)
      if (graph[id].family == Family::input) settle(layouts_[graph[id].attribute], graph.dtype(id));
  }

  const ArrayLayout& operator[](uint32_t slot) const { return layouts_[slot]; }

  /// Of a reshape: the region that it views, with the strides of its own shape; nothing if it needs a copy.
  std::optional<Region> reshaped(NodeId id) const {
    auto source = region(graph_.input_of(id));
    if (!source) return std::nullopt;
    auto strides = reshaped_strides(source->layout, graph_.shape(id), size_of(graph_.dtype(id)));
    if (!strides) return std::nullopt;
    source->layout = {graph_.shape(id), std::move(*strides)};
    return source;
  }

 private:
  // Of an input or a view of one.
  std::optional<Region> region(NodeId id) const {
    const bool viewed = graph_[id].family == Family::view;
    const NodeId source = viewed ? graph_.input_of(id) : id;
    if (graph_[source].family != Family::input) return std::nullopt;
    const auto slot = static_cast<uint32_t>(graph_[source].attribute);
    if (!viewed) return Region{slot, 0, layouts_[slot]};
    auto [offset, strides] = apply(graph_.view_of(id), layouts_[slot].strides);
    return Region{slot, offset, ArrayLayout{graph_.shape(id), std::move(strides)}};
  }

  const Graph& graph_;
  std::vector<ArrayLayout> layouts_;
};

class Lowerer {
 public:
  Lowerer(const Function& function, const FusionPlan& fusion, std::span<const ArrayLayout> inputs,
          std::span<const ArrayLayout> outputs)
      : function_(function),
        graph_(function.graph),
        fusion_(fusion),
        inputs_(function.graph, inputs),
        outputs_(outputs.begin(), outputs.end()) {
    for (size_t k = 0; k < outputs_.size(); ++k) settle(outputs_[k], graph_.dtype(function.outputs[k]));
  }

  Plan run() {
    add_buffers();
    for (const KernelGroup& group : fusion_.kernels) plan_.kernels.push_back(lower(group));
    plan_.tile_of.assign(plan_.buffers.size(), -1);
    return std::move(plan_);
  }

 private:
  // ---- buffers ----

  void add_buffers() {
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (graph_[id].family == Family::input) add_input(id);
    for (uint32_t k = 0; k < outputs_.size(); ++k) {
      const DType dtype = graph_.dtype(function_.outputs[k]);
      output_buffers_.push_back(add_buffer({BufferRole::output, k, dtype, outputs_[k].shape, outputs_[k].strides}));
    }
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (fusion_.temporary[id]) temporaries_[id] = add_temporary(id);
  }

  uint32_t add_buffer(BufferInfo info) {
    plan_.buffers.push_back(std::move(info));
    return static_cast<uint32_t>(plan_.buffers.size() - 1);
  }

  void add_input(NodeId id) {
    const auto slot = static_cast<uint32_t>(graph_[id].attribute);
    input_buffers_[slot] =
        add_buffer({BufferRole::input, slot, graph_.dtype(id), inputs_[slot].shape, inputs_[slot].strides});
  }

  uint32_t add_temporary(NodeId id) {
    const Shape& shape = graph_.shape(id);
    return add_buffer({BufferRole::temporary, 0, graph_.dtype(id), shape, c_strides(shape, size_of(graph_.dtype(id)))});
  }

  // ---- sources ----

  Source source_of_reshape(NodeId id) const {
    if (auto region = inputs_.reshaped(id))
      return {input_buffers_.at(region->slot), region->offset, std::move(region->layout.strides)};
    return {temporaries_.at(graph_.input_of(id)), 0, c_strides(graph_.shape(id), size_of(graph_.dtype(id)))};
  }

  Source source_of(NodeId leaf) const {
    if (graph_[leaf].family == Family::reshape) return source_of_reshape(leaf);
    const bool input = graph_[leaf].family == Family::input;
    const uint32_t buffer =
        input ? input_buffers_.at(static_cast<uint32_t>(graph_[leaf].attribute)) : temporaries_.at(leaf);
    return {buffer, 0, plan_.buffers[buffer].strides};
  }

  // ---- one kernel ----

  /// Turns the visits of one part (body or epilogue) of a nest into instructions.
  class Part {
   public:
    Part(Lowerer& owner, const KernelGroup& group, LoopNest& nest, bool epilogue)
        : owner_(owner),
          group_(group),
          nest_(nest),
          epilogue_(epilogue),
          list_(epilogue ? nest.epilogue : nest.body),
          walk_(owner.graph_, [this](NodeId id) { return is_leaf(id); }) {}

    uint32_t value(NodeId root, const AffineView& map, bool below) {
      const uint32_t visit = walk_.visit(root, map, below);
      while (values_.size() < walk_.visits().size()) values_.push_back(emit(walk_.visits()[values_.size()]));
      return values_[visit];
    }

    void store(uint32_t buffer, const std::vector<int64_t>& strides, const AffineView& map, uint32_t value) {
      const DType dtype = list_[value].dtype;
      const uint32_t operand = add_operand(OperandKind::store, dtype, {buffer, 0, strides}, map);
      list_.push_back({.kind = InstructionKind::store,
                       .dtype = dtype,
                       .arguments = {value, no_value, no_value},
                       .attribute = operand});
    }

    void accumulate(uint32_t accumulator, uint32_t value) {
      list_.push_back({.kind = InstructionKind::accumulate,
                       .dtype = list_[value].dtype,
                       .arguments = {value, no_value, no_value},
                       .attribute = accumulator});
    }

   private:
    bool is_leaf(NodeId id) const {
      const Family family = owner_.graph_[id].family;
      if (family != Family::scalar && family != Family::cast) return false;
      const auto& own = epilogue_ ? group_.epilogue : group_.body;
      return owner_.fusion_.root[id] && std::find(own.begin(), own.end(), id) == own.end();
    }

    uint32_t push(Instruction instruction) {
      list_.push_back(instruction);
      return static_cast<uint32_t>(list_.size() - 1);
    }

    uint32_t add_operand(OperandKind kind, DType dtype, const Source& source, const AffineView& map) {
      auto [offset, strides] = apply(map, source.strides);
      nest_.operands.push_back(
          {kind, dtype, source.buffer, checked_add(source.offset, offset), std::move(strides), epilogue_});
      return static_cast<uint32_t>(nest_.operands.size() - 1);
    }

    uint32_t emit(const Visit& visit) {
      const Node& node = owner_.graph_[visit.node];
      const AffineView& map = walk_.map(visit.map);
      if (node.family == Family::reduce && epilogue_)
        if (const auto k = own_accumulator(visit.node))
          return push({.kind = InstructionKind::result, .dtype = node.dtype, .attribute = *k});
      if (visit.leaf) return load(visit.node, owner_.source_of(visit.node), map);
      switch (node.family) {
        case Family::constant:
          return constant(node);
        case Family::index:
          return index(static_cast<size_t>(node.attribute), map);
        case Family::cast:
          return push({.kind = InstructionKind::cast,
                       .dtype = node.dtype,
                       .arguments = {values_[visit.inputs[0]], no_value, no_value}});
        case Family::scalar:
          return scalar(node, visit);
        case Family::input:
        case Family::view:
        case Family::reshape:
        case Family::reduce:
          break;
      }
      throw Error(ErrorCode::internal, "lower: a node that cannot be evaluated");
    }

    std::optional<uint32_t> own_accumulator(NodeId id) const {
      const auto it = std::find(group_.reduces.begin(), group_.reduces.end(), id);
      if (it == group_.reduces.end()) return std::nullopt;
      return static_cast<uint32_t>(it - group_.reduces.begin());
    }

    uint32_t load(NodeId id, const Source& source, const AffineView& map) {
      const DType dtype = owner_.graph_.dtype(id);
      return push({.kind = InstructionKind::load,
                   .dtype = dtype,
                   .attribute = add_operand(OperandKind::load, dtype, source, map)});
    }

    uint32_t constant(const Node& node) {
      nest_.constants.push_back({node.dtype, node.attribute});
      return push({.kind = InstructionKind::constant,
                   .dtype = node.dtype,
                   .attribute = static_cast<uint32_t>(nest_.constants.size() - 1)});
    }

    uint32_t index(size_t axis, const AffineView& map) {
      std::vector<int64_t> steps(static_cast<size_t>(map.source_rank), 0);
      steps[axis] = 1;
      const uint32_t operand = add_operand(OperandKind::index, DType::int64, {0, 0, steps}, map);
      return push({.kind = InstructionKind::load, .dtype = DType::int64, .attribute = operand});
    }

    uint32_t scalar(const Node& node, const Visit& visit) {
      Instruction instruction{.kind = InstructionKind::scalar, .op = node.op(), .dtype = node.dtype};
      for (uint32_t k = 0; k < node.input_count; ++k) instruction.arguments[k] = values_[visit.inputs[k]];
      return push(instruction);
    }

    Lowerer& owner_;
    const KernelGroup& group_;
    LoopNest& nest_;
    bool epilogue_;
    std::vector<Instruction>& list_;
    ExpressionWalk walk_;
    std::vector<uint32_t> values_;
  };

  LoopNest lower(const KernelGroup& group) {
    LoopNest nest;
    nest.order = group.order;
    for (const int64_t extent : group.kept()) nest.axes.push_back({extent, AxisKind::parallel});
    for (const int64_t extent : group.reduced()) nest.axes.push_back({extent, AxisKind::reduce});
    lower_body(group, nest);
    lower_epilogue(group, nest);
    return nest;
  }

  void lower_body(const KernelGroup& group, LoopNest& nest) {
    Part part(*this, group, nest, false);
    std::vector<uint32_t> stored, reduced;
    for (const NodeId id : group.body) stored.push_back(part.value(id, body_map(group, graph_.shape(id)), true));
    for (const NodeId id : group.reduces)
      reduced.push_back(part.value(graph_.input_of(id), body_map(group, graph_.shape(graph_.input_of(id))), false));
    for (size_t k = 0; k < stored.size(); ++k)
      store(part, group.body[k], body_map(group, graph_.shape(group.body[k])), stored[k]);
    for (uint32_t k = 0; k < reduced.size(); ++k) {
      nest.accumulators.push_back(
          {graph_[group.reduces[k]].reduction(), graph_.dtype(graph_.input_of(group.reduces[k]))});
      part.accumulate(k, reduced[k]);
    }
  }

  void lower_epilogue(const KernelGroup& group, LoopNest& nest) {
    Part part(*this, group, nest, true);
    std::vector<std::pair<NodeId, uint32_t>> stored;
    const auto add = [&](NodeId id) {
      stored.emplace_back(id, part.value(id, epilogue_map(group, graph_.shape(id)), true));
    };
    for (const NodeId id : group.reduces)
      if (is_kept(id)) add(id);
    for (const NodeId id : group.epilogue) add(id);
    for (const auto& [id, value] : stored) store(part, id, epilogue_map(group, graph_.shape(id)), value);
  }

  bool is_kept(NodeId id) const {
    return fusion_.temporary[id] ||
           std::find(function_.outputs.begin(), function_.outputs.end(), id) != function_.outputs.end();
  }

  // Writes a root's value to its temporary and to every output that it is. An output may be larger than the result
  // only by broadcasting, which bind has made explicit.
  void store(Part& part, NodeId id, const AffineView& map, uint32_t value) {
    if (fusion_.temporary[id]) {
      const uint32_t buffer = temporaries_.at(id);
      part.store(buffer, plan_.buffers[buffer].strides, map, value);
    }
    for (uint32_t k = 0; k < function_.outputs.size(); ++k)
      if (function_.outputs[k] == id) part.store(output_buffers_[k], outputs_[k].strides, map, value);
  }

  const Function& function_;
  const Graph& graph_;
  const FusionPlan& fusion_;
  const InputMemory inputs_;
  std::vector<ArrayLayout> outputs_;
  Plan plan_;
  std::map<uint32_t, uint32_t> input_buffers_;  // slot -> buffer
  std::vector<uint32_t> output_buffers_;
  std::map<NodeId, uint32_t> temporaries_;
};

}  // namespace

FusionPlan fuse(const Function& function, std::span<const ArrayLayout> inputs) {
  const InputMemory memory(function.graph, inputs);
  return fuse(function, [&](NodeId id) { return !memory.reshaped(id); });
}

Plan lower(const Function& function, const FusionPlan& fusion, std::span<const ArrayLayout> inputs,
           std::span<const ArrayLayout> outputs) {
  return Lowerer(function, fusion, inputs, outputs).run();
}

}  // namespace fuseval

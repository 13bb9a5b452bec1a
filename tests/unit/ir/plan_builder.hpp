// Graphs of a few arrays in C order, and the plans made of them.
#pragma once

#include <span>
#include <vector>

#include "ir/plan.hpp"

/// All passes from a simplified function to a plan.
inline fuseval::Plan make_plan(const fuseval::Function& function, std::span<const fuseval::ArrayLayout> inputs,
                               std::span<const fuseval::ArrayLayout> outputs, const fuseval::ChainLimits& limits) {
  fuseval::Plan plan = lower(function, fuse(function, inputs), inputs, outputs);
  plan.chains = find_chains(plan, limits);
  collapse_axes(plan);
  return plan;
}

struct PlanBuilder {
  fuseval::Function function;
  fuseval::Graph& graph = function.graph;
  uint32_t slots = 0;
  std::vector<fuseval::ArrayLayout> layouts;

  fuseval::NodeId array(const fuseval::Shape& shape, fuseval::DType dtype = fuseval::DType::float64) {
    layouts.push_back({shape, fuseval::c_strides(shape, size_of(dtype))});
    return graph.input(slots++, dtype, shape);
  }
  fuseval::NodeId apply(fuseval::Op op, std::vector<fuseval::NodeId> inputs) {
    fuseval::Shape shape;
    for (const fuseval::NodeId id : inputs) shape = fuseval::broadcast_shapes(shape, graph.shape(id));
    for (fuseval::NodeId& id : inputs) id = graph.broadcast(id, shape);
    return graph.scalar(op, inputs);
  }
  fuseval::NodeId reduce(fuseval::Reduction reduction, fuseval::NodeId id, std::vector<int> axes) {
    return graph.reduce(reduction, id, axes);
  }
  fuseval::NodeId keep(fuseval::NodeId id, int axis) {
    return graph.view(id, fuseval::AffineView::new_axis(graph.shape(id), axis));
  }

  fuseval::Plan plan(std::vector<fuseval::NodeId> outputs,
                     const fuseval::ChainLimits& limits = {
                         .tile_bytes = 256 << 10, .row_bytes = 512 << 10, .threads = 1}) {
    function.outputs = std::move(outputs);
    std::vector<fuseval::ArrayLayout> written;
    for (const fuseval::NodeId id : function.outputs)
      written.push_back({graph.shape(id), fuseval::c_strides(graph.shape(id), size_of(graph.dtype(id)))});
    fuseval::Plan made = make_plan(function, layouts, written, limits);
    for (const fuseval::LoopNest& nest : made.kernels) verify(nest);
    return made;
  }
};

// fuse: which operations run in one kernel, and what is stored between kernels.
//
// Deterministic, a function of the graph alone. A *root* is a node that some kernel must compute of its own accord: an
// output, a reduction, the source of a reshape, or an intermediate that is cheaper stored than computed again.
// Everything else is evaluated inside the kernels that use it. Roots are placed in order of their ids into the first
// kernel that has their iteration space and comes after all that they depend on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/loops.hpp"

namespace fuseval {

/// One kernel: an iteration space, and what it computes there.
struct KernelGroup {
  Shape space;                ///< logical shape of the elements that it visits, extents of 1 dropped
  uint64_t reduced_axes = 0;  ///< mask over space
  ReductionOrder order = ReductionOrder::lanes;
  std::vector<NodeId> reduces;   ///< reductions over this space
  std::vector<NodeId> body;      ///< roots stored at every element of the space
  std::vector<NodeId> epilogue;  ///< elementwise roots stored at every element of the kept axes
  bool is_reduction() const { return !reduces.empty(); }

  Shape kept() const;     ///< extents of space that are not reduced
  Shape reduced() const;  ///< extents of space that are
};

struct FusionPlan {
  std::vector<KernelGroup> kernels;  ///< in order of execution
  std::vector<bool> temporary;       ///< [node]: another kernel reads it from memory
  std::vector<bool> root;            ///< [node]
};

/// A line for each kernel: its space, and the nodes that it reduces and stores.
std::string print(const FusionPlan& fusion);

/// must_store(r): whether the source of reshape node r has to be stored before it can be viewed in r's shape.
FusionPlan fuse(const Function& function, const std::function<bool(NodeId)>& must_store);

Shape squeeze(const Shape& shape);
/// From a kernel's indices (kept axes, then reduced axes) to those of a node that lives at every element of the space.
AffineView body_map(const KernelGroup& kernel, const Shape& node_shape);
/// From a kernel's indices to those of a node that lives at every element of the kept axes.
AffineView epilogue_map(const KernelGroup& kernel, const Shape& node_shape);

}  // namespace fuseval

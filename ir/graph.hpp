// The array graph: an arena of immutable, hash-consed nodes with 32-bit ids. Ids are topologically ordered (inputs
// before users), so every pass is a loop over ids, never a recursion. Shapes are concrete: a plan belongs to the shapes
// that it was made for (docs/architecture.md says why); the machine code that it uses does not depend on them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/dtype.hpp"
#include "ir/ops.hpp"
#include "ir/shape.hpp"

namespace fuseval {

using NodeId = uint32_t;
using ShapeId = uint32_t;

enum class Family : uint8_t {
  input,     ///< attribute: the caller's slot
  constant,  ///< rank 0; attribute: the value's bits, zero-extended to 64
  scalar,    ///< an Op, elementwise; all inputs have this node's shape
  cast,      ///< conversion to this node's dtype
  view,      ///< attribute: an AffineView of the one input
  reshape,   ///< the one input's elements in C order, in this node's shape (may need a stored source)
  index,     ///< int64: the position along axis `attribute` of this node's shape
  reduce,    ///< a Reduction of the one input over the axes in mask `attribute`; those axes are dropped
};

struct Node {
  Family family;
  uint8_t code = 0;  ///< Op or Reduction
  DType dtype = DType::float64;
  ShapeId shape = 0;
  uint32_t first_input = 0;
  uint32_t input_count = 0;
  uint64_t attribute = 0;

  Op op() const { return static_cast<Op>(code); }
  Reduction reduction() const { return static_cast<Reduction>(code); }
};

class Graph {
 public:
  Graph();

  NodeId input(uint32_t slot, DType dtype, const Shape& shape);
  NodeId constant(DType dtype, uint64_t bits);
  /// Inputs must have one shape (broadcast them first) and the dtypes of op's loop: op(loop dtype, …); `where` takes
  /// (bool, T, T); ldexp takes (float, int32 or int64).
  NodeId scalar(Op op, std::span<const NodeId> inputs);
  NodeId cast(NodeId source, DType dtype);
  NodeId view(NodeId source, const AffineView& view);
  /// A view that repeats `source` to `shape` by NumPy's rule; the node itself if it has that shape.
  NodeId broadcast(NodeId source, const Shape& shape);
  NodeId reshape(NodeId source, const Shape& shape);
  NodeId index(const Shape& shape, int axis);
  /// axes: sorted, unique, normalised.
  NodeId reduce(Reduction reduction, NodeId source, std::span<const int> axes);

  const Node& operator[](NodeId id) const { return nodes_[id]; }
  size_t size() const { return nodes_.size(); }
  std::span<const NodeId> inputs(NodeId id) const;
  NodeId input_of(NodeId id, size_t k = 0) const { return inputs(id)[k]; }
  const Shape& shape(NodeId id) const { return shapes_[nodes_[id].shape]; }
  const AffineView& view_of(NodeId id) const { return views_[nodes_[id].attribute]; }
  std::vector<int> reduced_axes(NodeId id) const;
  DType dtype(NodeId id) const { return nodes_[id].dtype; }

  /// Throws Error(limit) from the builder once there are more nodes than this.
  void set_node_limit(size_t limit) { node_limit_ = limit; }

 private:
  NodeId add(Node node, std::span<const NodeId> inputs);
  ShapeId intern(const Shape& shape);
  uint32_t intern(const AffineView& view);

  std::vector<Node> nodes_;
  std::vector<NodeId> pool_;
  std::vector<Shape> shapes_;
  std::vector<AffineView> views_;
  std::unordered_multimap<uint64_t, NodeId> by_hash_;
  std::unordered_multimap<uint64_t, ShapeId> shape_by_hash_;
  std::unordered_multimap<uint64_t, uint32_t> view_by_hash_;
  size_t node_limit_ = 100'000;
};

/// What bind makes of a text: a graph and its ordered outputs.
struct Function {
  Graph graph;
  std::vector<NodeId> outputs;
  bool returns_tuple = false;  ///< `a, b` or `a,` rather than one array
};

/// Throws Error(internal) that names the broken rule.
void verify(const Function& function);

/// One line a node: "%3 = add float64 (4, 5) %1 %2".
std::string print(const Function& function);

/// One line an output: "float64 array of shape (2, 3), C order, 48 bytes". numbers: which outputs are plain
/// numbers.
std::string print_types(const Function& function, const std::vector<bool>& numbers);

}  // namespace fuseval

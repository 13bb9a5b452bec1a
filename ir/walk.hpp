// ExpressionWalk: what a kernel must evaluate to get some nodes at one point of its iteration space. Views vanish into
// index maps; equal (node, map) pairs are one visit. fuse counts with it, lower turns it into instructions.
#pragma once

#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "ir/graph.hpp"

namespace fuseval {

struct Visit {
  NodeId node = 0;
  uint32_t map = 0;                ///< of ExpressionWalk::map: kernel indices to the node's
  uint32_t inputs[3] = {0, 0, 0};  ///< visits; for scalar and cast nodes that are no leaves
  bool leaf = false;               ///< read from memory, or an accumulator's result
};

class ExpressionWalk {
 public:
  /// is_leaf(n): n's elements come from elsewhere. Inputs, reshapes and reductions are always leaves.
  ExpressionWalk(const Graph& graph, std::function<bool(NodeId)> is_leaf)
      : graph_(graph), is_leaf_(std::move(is_leaf)) {}

  /// Visits `root` at map(kernel index) and all below; returns its visit. `below` evaluates root even if it is a leaf.
  uint32_t visit(NodeId root, const AffineView& map, bool below = false);
  std::span<const Visit> visits() const { return visits_; }
  const AffineView& map(uint32_t id) const { return maps_[id]; }

 private:
  uint32_t intern(const AffineView& map);
  uint32_t walk(NodeId node, uint32_t map, bool below);

  const Graph& graph_;
  std::function<bool(NodeId)> is_leaf_;
  std::vector<Visit> visits_;
  std::vector<AffineView> maps_;
  std::unordered_multimap<uint64_t, uint32_t> map_by_hash_;
  std::unordered_map<uint64_t, uint32_t> visit_of_;
};

}  // namespace fuseval

#include "ir/walk.hpp"

namespace fuseval {
namespace {

uint64_t hash_of(const AffineView& map) {
  uint64_t hash = 0x9e3779b97f4a7c15u + static_cast<uint64_t>(map.source_rank);
  for (const auto* values : {&map.offset, &map.stride})
    for (const int64_t value : *values) hash = (hash ^ static_cast<uint64_t>(value)) * 0x100000001b3u;
  return hash;
}

}  // namespace

uint32_t ExpressionWalk::intern(const AffineView& map) {
  const uint64_t hash = hash_of(map);
  for (auto [it, end] = map_by_hash_.equal_range(hash); it != end; ++it)
    if (maps_[it->second] == map) return it->second;
  maps_.push_back(map);
  const auto id = static_cast<uint32_t>(maps_.size() - 1);
  map_by_hash_.emplace(hash, id);
  return id;
}

uint32_t ExpressionWalk::visit(NodeId root, const AffineView& map, bool below) {
  return walk(root, intern(map), below);
}

// Recursion is as deep as a kernel's expression, which fuse bounds (see body_limit there).
uint32_t ExpressionWalk::walk(NodeId node, uint32_t map, bool below) {
  const bool stored = !below && is_leaf_(node);
  if (graph_[node].family == Family::view && !stored)
    return walk(graph_.input_of(node), intern(compose(AffineView(maps_[map]), graph_.view_of(node))), false);
  const uint64_t key = uint64_t{node} << 32 | map;
  if (const auto known = visit_of_.find(key); known != visit_of_.end()) return known->second;
  Visit visit{.node = node, .map = map, .leaf = stored};
  const Family family = graph_[node].family;
  if (family == Family::scalar || family == Family::cast) {
    if (!stored)
      for (size_t k = 0; k < graph_.inputs(node).size(); ++k)
        visit.inputs[k] = walk(graph_.input_of(node, k), map, false);
  } else if (family == Family::input || family == Family::reshape || family == Family::reduce) {
    visit.leaf = true;
  }
  visits_.push_back(visit);
  const auto id = static_cast<uint32_t>(visits_.size() - 1);
  visit_of_.emplace(key, id);
  return id;
}

}  // namespace fuseval

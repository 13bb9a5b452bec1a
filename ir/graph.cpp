#include "ir/graph.hpp"

#include <fmt/format.h>

#include "ir/counted.hpp"
#include "ir/error.hpp"

namespace fuseval {
namespace {

// FNV-1a over words: the bucket of a hash-consed value; equality is always checked in full.
class Hash {
 public:
  Hash& word(uint64_t value) {
    state_ = (state_ ^ value) * 0x100000001b3u;
    state_ ^= state_ >> 29;
    return *this;
  }
  template <class Range>
  Hash& range(const Range& values) {
    word(values.size());
    for (const auto& value : values) word(static_cast<uint64_t>(value));
    return *this;
  }
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0xcbf29ce484222325u;
};

uint64_t hash_of(const Node& node, std::span<const NodeId> inputs) {
  return Hash()
      .word(static_cast<uint64_t>(node.family) | uint64_t{node.code} << 8 | static_cast<uint64_t>(node.dtype) << 16)
      .word(node.shape)
      .word(node.attribute)
      .range(inputs)
      .value();
}

bool same_node(const Node& a, const Node& b) {
  return a.family == b.family && a.code == b.code && a.dtype == b.dtype && a.shape == b.shape &&
         a.attribute == b.attribute && a.input_count == b.input_count;
}

}  // namespace

Graph::Graph() { intern(Shape{}); }

std::span<const NodeId> Graph::inputs(NodeId id) const {
  return {pool_.data() + nodes_[id].first_input, nodes_[id].input_count};
}

ShapeId Graph::intern(const Shape& shape) {
  const uint64_t hash = Hash().range(shape).value();
  for (auto [it, end] = shape_by_hash_.equal_range(hash); it != end; ++it)
    if (shapes_[it->second] == shape) return it->second;
  if (shape.size() > max_rank)
    throw Error(ErrorCode::limit,
                fmt::format("an array may have at most {} dimensions, not {}", max_rank, shape.size()));
  element_count(shape);  // throws when it overflows
  shapes_.push_back(shape);
  const auto id = static_cast<ShapeId>(shapes_.size() - 1);
  shape_by_hash_.emplace(hash, id);
  return id;
}

uint32_t Graph::intern(const AffineView& view) {
  const uint64_t hash = Hash().range(view.shape).range(view.offset).range(view.stride).value();
  for (auto [it, end] = view_by_hash_.equal_range(hash); it != end; ++it)
    if (views_[it->second] == view) return it->second;
  views_.push_back(view);
  const auto id = static_cast<uint32_t>(views_.size() - 1);
  view_by_hash_.emplace(hash, id);
  return id;
}

NodeId Graph::add(Node node, std::span<const NodeId> inputs) {
  node.input_count = static_cast<uint32_t>(inputs.size());
  const uint64_t hash = hash_of(node, inputs);
  for (auto [it, end] = by_hash_.equal_range(hash); it != end; ++it) {
    const auto known = this->inputs(it->second);
    if (same_node(nodes_[it->second], node) && std::equal(known.begin(), known.end(), inputs.begin()))
      return it->second;
  }
  if (nodes_.size() >= node_limit_)
    throw Error(ErrorCode::limit, fmt::format("the program needs more than {} operations", node_limit_));
  node.first_input = static_cast<uint32_t>(pool_.size());
  pool_.insert(pool_.end(), inputs.begin(), inputs.end());
  nodes_.push_back(node);
  const auto id = static_cast<NodeId>(nodes_.size() - 1);
  by_hash_.emplace(hash, id);
  return id;
}

NodeId Graph::input(uint32_t slot, DType dtype, const Shape& shape) {
  return add({.family = Family::input, .dtype = dtype, .shape = intern(shape), .attribute = slot}, {});
}

NodeId Graph::constant(DType dtype, uint64_t bits) {
  return add({.family = Family::constant, .dtype = dtype, .shape = 0, .attribute = bits}, {});
}

NodeId Graph::scalar(Op op, std::span<const NodeId> inputs) {
  const OpInfo& row = info(op);
  if (static_cast<int>(inputs.size()) != row.arity)
    throw Error(ErrorCode::internal, fmt::format("{} takes {}", row.name, counted(row.arity, "input")));
  for (const NodeId id : inputs)
    if (nodes_[id].shape != nodes_[inputs[0]].shape)
      throw Error(ErrorCode::internal, fmt::format("{} over different shapes", row.name));
  const DType loop = nodes_[inputs[op == Op::where ? 1 : 0]].dtype;
  return add({.family = Family::scalar,
              .code = static_cast<uint8_t>(op),
              .dtype = result_dtype(op, loop),
              .shape = nodes_[inputs[0]].shape},
             inputs);
}

NodeId Graph::cast(NodeId source, DType dtype) {
  if (nodes_[source].dtype == dtype) return source;
  return add({.family = Family::cast, .dtype = dtype, .shape = nodes_[source].shape}, {{source}});
}

// Views of views are one view, so that equal index maps are equal nodes.
NodeId Graph::view(NodeId source, const AffineView& view) {
  if (is_identity(view, shape(source))) return source;
  if (nodes_[source].family == Family::view) return this->view(input_of(source), compose(view, view_of(source)));
  return add(
      {.family = Family::view, .dtype = nodes_[source].dtype, .shape = intern(view.shape), .attribute = intern(view)},
      {{source}});
}

NodeId Graph::broadcast(NodeId source, const Shape& target) {
  if (shape(source) == target) return source;
  return view(source, AffineView::broadcast(shape(source), target));
}

NodeId Graph::reshape(NodeId source, const Shape& target) {
  if (shape(source) == target) return source;
  if (nodes_[source].family == Family::reshape) return reshape(input_of(source), target);
  return add({.family = Family::reshape, .dtype = nodes_[source].dtype, .shape = intern(target)}, {{source}});
}

NodeId Graph::index(const Shape& shape, int axis) {
  return add({.family = Family::index,
              .dtype = DType::int64,
              .shape = intern(shape),
              .attribute = static_cast<uint64_t>(axis)},
             {});
}

NodeId Graph::reduce(Reduction reduction, NodeId source, std::span<const int> axes) {
  Shape kept;
  uint64_t mask = 0;
  for (const int axis : axes) mask |= uint64_t{1} << axis;
  for (size_t k = 0; k < shape(source).size(); ++k)
    if (!(mask >> k & 1)) kept.push_back(shape(source)[k]);
  return add({.family = Family::reduce,
              .code = static_cast<uint8_t>(reduction),
              .dtype = result_dtype(reduction, dtype(source)),
              .shape = intern(kept),
              .attribute = mask},
             {{source}});
}

std::vector<int> Graph::reduced_axes(NodeId id) const {
  std::vector<int> axes;
  for (int k = 0; k < max_rank; ++k)
    if (nodes_[id].attribute >> k & 1) axes.push_back(k);
  return axes;
}

}  // namespace fuseval

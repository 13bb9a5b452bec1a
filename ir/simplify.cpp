#include "ir/simplify.hpp"

#include <bit>
#include <cmath>
#include <optional>
#include <unordered_map>

namespace fuseval {
namespace {

bool is_value(ConstantValue c, double value) {
  if (c.dtype == DType::float64) return c.bits == std::bit_cast<uint64_t>(value);
  if (c.dtype == DType::float32) return c.bits == std::bit_cast<uint32_t>(static_cast<float>(value));
  return is_integer(c.dtype) && c.bits == static_cast<uint64_t>(value) && !std::signbit(value);
}

class Simplifier {
 public:
  Simplifier(const Function& source, const Folder& folder) : source_(source.graph), folder_(folder) {
    result_.returns_tuple = source.returns_tuple;
    map_.resize(source_.size());
    mark_live(source.outputs);
    for (NodeId id = 0; id < source_.size(); ++id)
      if (live_[id]) map_[id] = rebuild(id);
    for (const NodeId id : source.outputs) result_.outputs.push_back(map_[id]);
  }

  Function take() { return std::move(result_); }

 private:
  Graph& graph() { return result_.graph; }

  void mark_live(const std::vector<NodeId>& outputs) {
    live_.assign(source_.size(), false);
    uses_.assign(source_.size(), 0);
    for (const NodeId id : outputs) live_[id] = true;
    for (NodeId id = static_cast<NodeId>(source_.size()); id-- > 0;)
      if (live_[id])
        for (const NodeId input : source_.inputs(id)) {
          live_[input] = true;
          ++uses_[input];
        }
  }

  NodeId rebuild(NodeId id) {
    const Node& node = source_[id];
    switch (node.family) {
      case Family::input:
        return graph().input(static_cast<uint32_t>(node.attribute), node.dtype, source_.shape(id));
      case Family::constant:
        return graph().constant(node.dtype, node.attribute);
      case Family::scalar:
        if (const auto x = doubled(id)) return scalar(Op::add, {*x, *x}, source_.shape(id));
        return scalar(node.op(), mapped_inputs(id), source_.shape(id));
      case Family::cast:
        return cast(map_[source_.input_of(id)], node.dtype);
      case Family::view:
        return graph().view(map_[source_.input_of(id)], source_.view_of(id));
      case Family::reshape:
        return reshape(map_[source_.input_of(id)], source_.shape(id));
      case Family::index:
        return graph().index(source_.shape(id), static_cast<int>(node.attribute));
      case Family::reduce:
        return graph().reduce(node.reduction(), map_[source_.input_of(id)], source_.reduced_axes(id));
    }
    return id;
  }

  std::vector<NodeId> mapped_inputs(NodeId id) const {
    std::vector<NodeId> inputs;
    for (const NodeId input : source_.inputs(id)) inputs.push_back(map_[input]);
    return inputs;
  }

  /// The value that every element of the node has, if it is a constant or a broadcast of one.
  std::optional<ConstantValue> uniform(NodeId id) {
    if (graph()[id].family == Family::view) id = graph().input_of(id);
    if (graph()[id].family != Family::constant) return std::nullopt;
    return ConstantValue{graph()[id].dtype, graph()[id].attribute};
  }

  NodeId constant(ConstantValue value, const Shape& shape) {
    return graph().broadcast(graph().constant(value.dtype, value.bits), shape);
  }

  NodeId scalar(Op op, const std::vector<NodeId>& inputs, const Shape& shape) {
    std::vector<ConstantValue> values;
    for (const NodeId input : inputs) {
      if (const auto value = uniform(input))
        values.push_back(*value);
      else
        break;
    }
    if (values.size() == inputs.size()) return constant(folder_.scalar(op, values), shape);
    if (const auto same = neutral(op, inputs)) return *same;
    return graph().scalar(op, inputs);
  }

  /// x of 2*x, where x + x is better: the bits are the same in every dtype, additions have vector pipes of their own on
  /// some processors (1 000 doubles of a**2 + b**2 + 2*a*b: 160 ns become 130 on Zen 4), and products of 64-bit
  /// integers are slow. Not for an array that nothing else reads, since a product takes its operand straight from
  /// memory (2*a + 3*b: 110 ns would become 120).
  std::optional<NodeId> doubled(NodeId id) {
    if (source_[id].op() != Op::multiply) return std::nullopt;
    const auto inputs = source_.inputs(id);
    for (const size_t side : {0u, 1u}) {
      const auto c = uniform(map_[inputs[side]]);
      const NodeId x = inputs[1 - side];
      const bool in_register = uses_[x] > 1 || source_[x].family == Family::scalar;
      if (c && is_value(*c, 2) && in_register) return map_[x];
    }
    return std::nullopt;
  }

  /// The input that the whole operation equals, if it does.
  std::optional<NodeId> neutral(Op op, const std::vector<NodeId>& inputs) {
    const auto right_is = [&](double value) {
      const auto c = uniform(inputs[1]);
      return c && is_value(*c, value);
    };
    const auto left_is = [&](double value) {
      const auto c = uniform(inputs[0]);
      return c && is_value(*c, value);
    };
    const bool real = is_float(graph().dtype(inputs[0]));
    if (op == Op::multiply && right_is(1)) return inputs[0];
    if (op == Op::multiply && left_is(1)) return inputs[1];
    if (op == Op::divide && right_is(1)) return inputs[0];
    if (op == Op::subtract && right_is(0)) return inputs[0];
    // x + 0.0 turns -0.0 into +0.0: only -0.0 is neutral for floats.
    if (op == Op::add && right_is(real ? -0.0 : 0.0)) return inputs[0];
    if (op == Op::add && left_is(real ? -0.0 : 0.0)) return inputs[1];
    if (op == Op::where) return chosen_branch(inputs);
    if (op == Op::negative || op == Op::invert || op == Op::logical_not) return undone(op, inputs[0]);
    if (info(op).flags == OpFlag::idempotent && is_scalar(inputs[0], op)) return inputs[0];
    return std::nullopt;
  }

  bool is_scalar(NodeId id, Op op) { return graph()[id].family == Family::scalar && graph()[id].op() == op; }

  std::optional<NodeId> chosen_branch(const std::vector<NodeId>& inputs) {
    if (inputs[1] == inputs[2]) return inputs[1];
    if (const auto mask = uniform(inputs[0])) return inputs[mask->bits ? 1 : 2];
    return std::nullopt;
  }

  std::optional<NodeId> undone(Op op, NodeId input) {
    if (is_scalar(input, op)) return graph().input_of(input);
    return std::nullopt;
  }

  NodeId cast(NodeId source, DType dtype) {
    if (const auto value = uniform(source)) return constant(folder_.cast(*value, dtype), graph().shape(source));
    return graph().cast(source, dtype);
  }

  // reshape(f(x, y)) is f(reshape(x), reshape(y)): the elementwise part stays fused, and what is left to reshape is an
  // input (often free) or something that is stored anyway. Depth is bounded by doing one step a node: the operands'
  // own reshapes move on when the worklist reaches them.
  NodeId reshape(NodeId source, const Shape& shape) {
    std::unordered_map<NodeId, NodeId> done;
    std::vector<NodeId> stack{source};
    while (!stack.empty()) {
      const NodeId id = stack.back();
      if (done.contains(id)) {
        stack.pop_back();
        continue;
      }
      const Family family = graph()[id].family;
      const bool moves = family == Family::scalar || family == Family::cast;
      bool ready = true;
      if (moves)
        for (const NodeId input : graph().inputs(id))
          if (!done.contains(input)) {
            stack.push_back(input);
            ready = false;
          }
      if (!ready) continue;
      done[id] = moves ? reshape_elementwise(id, done) : reshape_leaf(id, shape);
      stack.pop_back();
    }
    return done[source];
  }

  NodeId reshape_elementwise(NodeId id, const std::unordered_map<NodeId, NodeId>& done) {
    const Node node = graph()[id];
    std::vector<NodeId> inputs;
    for (const NodeId input : graph().inputs(id)) inputs.push_back(done.at(input));
    return node.family == Family::cast ? graph().cast(inputs[0], node.dtype) : graph().scalar(node.op(), inputs);
  }

  NodeId reshape_leaf(NodeId id, const Shape& shape) {
    if (const auto value = uniform(id)) return constant(*value, shape);
    return graph().reshape(id, shape);
  }

  const Graph& source_;
  const Folder& folder_;
  Function result_;
  std::vector<NodeId> map_;
  std::vector<char> live_;
  std::vector<uint32_t> uses_;  ///< [source node]: by nodes that are live
};

}  // namespace

Function simplify(const Function& function, const Folder& folder) { return Simplifier(function, folder).take(); }

}  // namespace fuseval

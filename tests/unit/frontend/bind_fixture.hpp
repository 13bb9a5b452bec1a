// Binding a text in tests: inputs by a short description, results as text.
#pragma once

#include <bit>
#include <string>
#include <vector>

#include "frontend/bind.hpp"

namespace fuseval::frontend::testing {

inline InputInfo array(std::string name, DType dtype, Shape shape) {
  return {std::move(name), dtype, std::move(shape), false, 0};
}
inline InputInfo weak_input(std::string name, int64_t value) {
  return {std::move(name), DType::int64, {}, true, static_cast<uint64_t>(value)};
}
inline InputInfo weak_input(std::string name, double value) {
  return {std::move(name), DType::float64, {}, true, std::bit_cast<uint64_t>(value)};
}
inline InputInfo weak_input(std::string name, bool value) { return {std::move(name), DType::bool_, {}, true, value}; }

/// The inputs of numpy_shapes.py, and n (int), y (float) and q (bool) whose use is dynamic.
inline std::vector<InputInfo> standard_inputs() {
  return {array("a", DType::float64, {2, 3}),
          array("b", DType::float32, {3}),
          array("i", DType::int32, {2, 3}),
          array("u", DType::uint8, {2, 3}),
          array("m", DType::bool_, {2, 3}),
          array("z", DType::float64, {0, 3}),
          array("s", DType::float32, {}),
          array("t", DType::float64, {1, 3, 2}),
          array("o", DType::float64, {1, 3, 1}),
          array("I", DType::int64, {3}),
          array("U", DType::uint64, {3}),
          weak_input("k", int64_t{3}),
          weak_input("x", 2.5),
          weak_input("q", true)};
}

inline BoundFunction bound(std::string_view text, const std::vector<InputInfo>& inputs = standard_inputs()) {
  return frontend::bind(parse(text), inputs);
}

/// "float64(2, 3) int32()" for two results.
inline std::string result_types(std::string_view text, const std::vector<InputInfo>& inputs = standard_inputs()) {
  const BoundFunction function = bound(text, inputs);
  std::string result;
  for (const NodeId node : function.function.outputs)
    result += (result.empty() ? "" : " ") + std::string(name_of(function.function.graph.dtype(node))) +
              to_string(function.function.graph.shape(node));
  return result;
}

/// The nodes that the first result needs, in one line: "add(input 0, constant 2)".
inline std::string formula(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  std::string text;
  switch (node.family) {
    case Family::input:
      return "in" + std::to_string(node.attribute);
    case Family::constant: {
      if (node.dtype == DType::float64) {
        std::string digits = std::to_string(std::bit_cast<double>(node.attribute));
        digits.erase(digits.find_last_not_of('0') + 1);
        return digits;
      }
      if (node.dtype == DType::float32)
        return std::to_string(std::bit_cast<float>(static_cast<uint32_t>(node.attribute))) + "f";
      const int unused = is_signed(node.dtype) ? 64 - 8 * size_of(node.dtype) : 0;
      return std::to_string(static_cast<int64_t>(node.attribute << unused) >> unused);
    }
    case Family::scalar:
      text = name_of(node.op());
      break;
    case Family::cast:
      text = name_of(node.dtype);
      break;
    case Family::view:
      return formula(graph, graph.input_of(id));
    case Family::reshape:
      text = "reshape";
      break;
    case Family::index:
      return "index" + std::to_string(node.attribute);
    case Family::reduce:
      text = name_of(node.reduction());
      break;
  }
  text += "(";
  for (size_t k = 0; k < graph.inputs(id).size(); ++k) text += (k ? ", " : "") + formula(graph, graph.input_of(id, k));
  return text + ")";
}

inline std::string formula(std::string_view text, const std::vector<InputInfo>& inputs = standard_inputs()) {
  const BoundFunction function = bound(text, inputs);
  return formula(function.function.graph, function.function.outputs.at(0));
}

}  // namespace fuseval::frontend::testing

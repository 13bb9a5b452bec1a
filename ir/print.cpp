// The printers of the array graph and of loop nests: what `fuseval explain` shows and the golden tests hold.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

#include "ir/checked.hpp"
#include "ir/counted.hpp"
#include "ir/graph.hpp"
#include "ir/loops.hpp"
#include "ir/plan.hpp"

namespace fuseval {
namespace {

std::string print_value(DType dtype, uint64_t bits) {
  switch (kind_of(dtype)) {
    case Kind::boolean:
      return bits ? "True" : "False";
    case Kind::signed_integer: {
      const int unused = 64 - 8 * size_of(dtype);
      return fmt::format("{}", static_cast<int64_t>(bits << unused) >> unused);
    }
    case Kind::unsigned_integer:
      return fmt::format("{}", bits);
    case Kind::floating:
      if (dtype == DType::float32) return fmt::format("{}", std::bit_cast<float>(static_cast<uint32_t>(bits)));
      return fmt::format("{}", std::bit_cast<double>(bits));
    case Kind::complex:
      return fmt::format("{:#x}", bits);
  }
  return {};
}

// One source axis a term: "2*i0 + 3".
std::string print_axis(const AffineView& view, int source_axis) {
  std::string text;
  for (int k = 0; k < view.rank(); ++k) {
    const int64_t stride = view.at(source_axis, k);
    if (stride == 0) continue;
    text += fmt::format("{}{}i{}", text.empty() ? "" : " + ", stride == 1 ? "" : fmt::format("{}*", stride), k);
  }
  const int64_t offset = view.offset[static_cast<size_t>(source_axis)];
  if (text.empty()) return fmt::format("{}", offset);
  return offset == 0 ? text : fmt::format("{} + {}", text, offset);
}

std::string print_view(const AffineView& view) {
  std::vector<std::string> axes;
  for (int s = 0; s < view.source_rank; ++s) axes.push_back(print_axis(view, s));
  return fmt::format("[{}]", fmt::join(axes, ", "));
}

std::string print_what(const Graph& graph, NodeId id) {
  const Node& node = graph[id];
  switch (node.family) {
    case Family::input:
      return fmt::format("input {}", node.attribute);
    case Family::constant:
      return fmt::format("constant {}", print_value(node.dtype, node.attribute));
    case Family::scalar:
      return std::string(name_of(node.op()));
    case Family::cast:
      return "cast";
    case Family::view:
      return fmt::format("view {}", print_view(graph.view_of(id)));
    case Family::reshape:
      return "reshape";
    case Family::index:
      return fmt::format("index of axis {}", node.attribute);
    case Family::reduce:
      return fmt::format("{} over axes ({})", name_of(node.reduction()), fmt::join(graph.reduced_axes(id), ", "));
  }
  return {};
}

std::string print_instruction(const Instruction& instruction, size_t id) {
  std::string text = fmt::format("  %{} = ", id);
  switch (instruction.kind) {
    case InstructionKind::load:
      text += fmt::format("load operand {}", instruction.attribute);
      break;
    case InstructionKind::store:
      text += fmt::format("store operand {}", instruction.attribute);
      break;
    case InstructionKind::constant:
      text += fmt::format("constant {}", instruction.attribute);
      break;
    case InstructionKind::scalar:
      text += name_of(instruction.op);
      break;
    case InstructionKind::cast:
      text += "cast";
      break;
    case InstructionKind::accumulate:
      text += fmt::format("accumulate {}", instruction.attribute);
      break;
    case InstructionKind::result:
      text += fmt::format("result {}", instruction.attribute);
      break;
  }
  text += fmt::format(" : {}", name_of(instruction.dtype));
  for (const uint32_t argument : instruction.arguments)
    if (argument != no_value) text += fmt::format(" %{}", argument);
  return text + "\n";
}

std::string print_operand(const LoopNest& nest, size_t k) {
  constexpr const char* kinds[] = {"load", "store", "index"};
  constexpr const char* layouts[] = {"contiguous", "invariant", "strided"};
  const Operand& operand = nest.operands[k];
  std::string text = fmt::format("operand {}: {} {}", k, kinds[static_cast<int>(operand.kind)], name_of(operand.dtype));
  if (operand.kind != OperandKind::index) text += fmt::format(" buffer {}", operand.buffer);
  return text + fmt::format(" offset {} strides ({}) {}{}\n", operand.offset, fmt::join(operand.strides, ", "),
                            layouts[static_cast<int>(layout_class(nest, operand))],
                            operand.in_epilogue ? " epilogue" : "");
}

std::string print_header(const LoopNest& nest) {
  std::string text = nest.is_reduction()
                         ? fmt::format("reduction ({})", nest.order == ReductionOrder::lanes ? "lanes" : "serial16")
                         : "elementwise";
  for (const Axis& axis : nest.axes)
    text += fmt::format(" {}{}", axis.kind == AxisKind::parallel ? "parallel " : "reduce ", axis.extent);
  return text + "\n";
}

int64_t bytes_moved(const Plan& plan) {
  int64_t sum = 0;
  for (size_t k = 0; k < plan.kernels.size(); ++k)
    if (std::none_of(plan.chains.begin(), plan.chains.end(),
                     [&](const Chain& chain) { return chain.is_tiled() && chain.contains(k); }))
      sum = capped_add(sum, bytes_moved(plan.kernels[k]));
  for (const Chain& chain : plan.chains)
    if (chain.is_tiled()) sum = capped_add(sum, bytes_moved(plan, chain));
  return sum;
}

size_t count_operands(const LoopNest& nest, OperandKind kind) {
  size_t count = 0;
  for (const Operand& operand : nest.operands) count += operand.kind == kind ? 1 : 0;
  return count;
}

size_t operation_count(const LoopNest& nest) {
  size_t count = 0;
  for (const auto* list : {&nest.body, &nest.epilogue})
    for (const Instruction& i : *list)
      count +=
          i.kind == InstructionKind::scalar || i.kind == InstructionKind::cast || i.kind == InstructionKind::accumulate;
  return count;
}

std::string print_tile(const Chain& chain) {
  std::string text = fmt::format("{}", chain.rows);
  for (size_t d = static_cast<size_t>(chain.split) + 1; d < chain.extents.size(); ++d)
    text += fmt::format(" x {}", chain.extents[d]);
  return text;
}

std::string print_chain(const Chain& chain) {
  std::string text = fmt::format("chain of kernels {} to {}: {} rows, ", chain.first, chain.first + chain.size() - 1,
                                 fmt::join(chain.extents, " x "));
  const std::string sizes =
      fmt::format("the smallest tile takes {} of at most {} bytes", chain.row_bytes, chain.row_limit);
  if (chain.is_tiled()) return text + fmt::format("in tiles of {} or fewer; {}\n", print_tile(chain), sizes);
  const bool large = chain.row_bytes > chain.row_limit;
  return text + fmt::format("not tiled: {}{}\n", large ? "" : "too few for the threads; ", sizes);
}

}  // namespace

std::string print(const Function& function) {
  const Graph& graph = function.graph;
  std::string text;
  for (NodeId id = 0; id < graph.size(); ++id) {
    text +=
        fmt::format("%{} = {} {} {}", id, print_what(graph, id), name_of(graph.dtype(id)), to_string(graph.shape(id)));
    for (const NodeId input : graph.inputs(id)) text += fmt::format(" %{}", input);
    text += "\n";
  }
  std::vector<std::string> outputs;
  for (const NodeId id : function.outputs) outputs.push_back(fmt::format("%{}", id));
  return text + fmt::format("return {}\n", fmt::join(outputs, ", "));
}

std::string print_types(const Function& function, const std::vector<bool>& numbers) {
  std::string text;
  for (size_t k = 0; k < function.outputs.size(); ++k) {
    const Shape& shape = function.graph.shape(function.outputs[k]);
    const DType dtype = function.graph.dtype(function.outputs[k]);
    if (numbers[k])
      text += fmt::format("plain {} number\n", name_of(dtype));
    else if (shape.empty())
      text += fmt::format("{} scalar\n", name_of(dtype));
    else
      text += fmt::format("{} array of shape {}, C order, {}\n", name_of(dtype), to_string(shape),
                          counted(element_count(shape) * size_of(dtype), "byte"));
  }
  return text;
}

std::string print(const LoopNest& nest) {
  std::string text = print_header(nest);
  for (size_t k = 0; k < nest.operands.size(); ++k) text += print_operand(nest, k);
  for (size_t k = 0; k < nest.constants.size(); ++k)
    text += fmt::format("constant {}: {} {}\n", k, name_of(nest.constants[k].dtype),
                        print_value(nest.constants[k].dtype, nest.constants[k].bits));
  for (size_t k = 0; k < nest.accumulators.size(); ++k)
    text += fmt::format("accumulator {}: {} {}\n", k, name_of(nest.accumulators[k].reduction),
                        name_of(nest.accumulators[k].dtype));
  text += "body\n";
  for (size_t k = 0; k < nest.body.size(); ++k) text += print_instruction(nest.body[k], k);
  if (!nest.epilogue.empty()) text += "epilogue\n";
  for (size_t k = 0; k < nest.epilogue.size(); ++k) text += print_instruction(nest.epilogue[k], k);
  return text;
}

namespace {

std::string node_list(const char* verb, const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId id : nodes) text += fmt::format(" %{}", id);
  return text.empty() ? text : fmt::format("; {}{}", verb, text);
}

}  // namespace

std::string print(const FusionPlan& fusion) {
  std::string text;
  for (size_t k = 0; k < fusion.kernels.size(); ++k) {
    const KernelGroup& group = fusion.kernels[k];
    text += fmt::format("kernel {}: space {}", k, to_string(group.space));
    if (group.is_reduction()) text += fmt::format(", reduces {} of it", to_string(group.reduced()));
    text += node_list("reduces", group.reduces) + node_list("stores", group.body) +
            node_list("stores at the end", group.epilogue) + "\n";
  }
  return text;
}

std::string print_chains(const Plan& plan) {
  std::string text;
  for (const Chain& chain : plan.chains) text += print_chain(chain);
  return text;
}

std::string print(const Plan& plan) {
  std::string text;
  for (size_t k = 0; k < plan.kernels.size(); ++k) {
    const LoopNest& nest = plan.kernels[k];
    const int64_t bytes = bytes_moved(nest);
    text += fmt::format("kernel {}: {}", k, print_header(nest));
    text += fmt::format("  {}, loads {}, stores {}, {}\n", counted(operation_count(nest), "operation"),
                        count_operands(nest, OperandKind::load), count_operands(nest, OperandKind::store),
                        counted(bytes, "byte"));
  }
  text += print_chains(plan);
  int64_t temporaries = 0;
  for (size_t b = 0; b < plan.buffers.size(); ++b)
    if (plan.buffers[b].role == BufferRole::temporary && plan.tile_of[b] < 0)
      temporaries = capped_add(temporaries, element_count(plan.buffers[b].shape) * size_of(plan.buffers[b].dtype));
  return text + fmt::format("{}, {} moved, {} of temporaries\n", counted(plan.kernels.size(), "kernel"),
                            counted(bytes_moved(plan), "byte"), counted(temporaries, "byte"));
}

}  // namespace fuseval

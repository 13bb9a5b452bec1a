#include "codegen/reduction_layout.hpp"

#include <algorithm>

namespace fuseval::codegen {

StateLayout::StateLayout(const LoopNest& nest) {
  int64_t alignment = 1;
  int components = 0;
  for (const Accumulator& accumulator : nest.accumulators) {
    offsets_.emplace_back();
    for (int k = 0; k < component_count(accumulator.reduction); ++k, ++components) {
      const int64_t size = component_bytes(accumulator, k);
      bytes_ = (bytes_ + size - 1) / size * size;
      offsets_.back()[static_cast<size_t>(k)] = bytes_;
      bytes_ += size;
      alignment = std::max(alignment, size);
    }
  }
  bytes_ = (bytes_ + alignment - 1) / alignment * alignment;
  single_ = components == 1;
}

int canonical_lanes(const LoopNest& nest) {
  for (const Accumulator& accumulator : nest.accumulators)
    if (is_order_sensitive(accumulator.reduction, accumulator.dtype)) return lanes_of(accumulator.dtype);
  return lanes_of(nest.accumulators.front().dtype);
}

std::vector<uint32_t> accumulated_values(const LoopNest& nest) {
  std::vector<uint32_t> values(nest.accumulators.size(), no_value);
  for (const Instruction& instruction : nest.body)
    if (instruction.kind == InstructionKind::accumulate) values[instruction.attribute] = instruction.arguments[0];
  return values;
}

DType component_of(const Accumulator& accumulator, int component) {
  return component_dtype(accumulator.reduction, accumulator.dtype, component);
}
int component_bytes(const Accumulator& accumulator, int component) {
  return size_of(component_of(accumulator, component));
}

}  // namespace fuseval::codegen

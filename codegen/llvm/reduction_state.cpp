#include "codegen/llvm/reduction_state.hpp"

#include <algorithm>

#include "codegen/llvm/access.hpp"

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

LlvmState load_components(LlvmEmitter& e, const Accumulator& accumulator, const Pointers& from) {
  LlvmState state{};
  for (size_t k = 0; k < static_cast<size_t>(component_count(accumulator.reduction)); ++k)
    state[k] = load(e, component_of(accumulator, static_cast<int>(k)), {from[k]}, nullptr);
  return state;
}

void store_components(LlvmEmitter& e, const Accumulator& accumulator, const LlvmState& state, const Pointers& to) {
  for (size_t k = 0; k < static_cast<size_t>(component_count(accumulator.reduction)); ++k)
    store(e, state[k], {to[k]}, nullptr);
}

LlvmState merge_states(LlvmEmitter& e, const Accumulator& accumulator, const LlvmState& left, const LlvmState& right) {
  return merge<LlvmEmitter>(accumulator.reduction, left, right, e);
}

LlvmState select_state(LlvmEmitter& e, llvm::Value* mask, const Accumulator& accumulator, const LlvmState& yes,
                       const LlvmState& no) {
  LlvmState state{};
  for (size_t k = 0; k < static_cast<size_t>(component_count(accumulator.reduction)); ++k)
    state[k] = e.select({mask, DType::bool_}, yes[k], no[k]);
  return state;
}

Pointers in_record(Frame& frame, const StateLayout& layout, int accumulator, llvm::Value* record) {
  Pointers pointers{};
  for (int k = 0; k < max_components; ++k)
    pointers[static_cast<size_t>(k)] = frame.advance(record, layout.offset(accumulator, k));
  return pointers;
}

llvm::Value* Scratch::take(int64_t bytes) {
  llvm::Value* piece = frame_.advance(base_, bytes_);
  bytes_ += (bytes + 63) / 64 * 64;
  return piece;
}

}  // namespace fuseval::codegen

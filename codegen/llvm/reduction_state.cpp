#include "codegen/llvm/reduction_state.hpp"

#include "codegen/llvm/access.hpp"

namespace fuseval::codegen {

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

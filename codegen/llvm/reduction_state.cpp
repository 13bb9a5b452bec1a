#include "codegen/llvm/reduction_state.hpp"

#include <fmt/format.h>

#include <algorithm>

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

void merge_in_memory(LlvmEmitter& e, const Accumulator& accumulator, const Pointers& to, const Pointers& from) {
  const LlvmState right = load_components(e, accumulator, from), left = load_components(e, accumulator, to);
  store_components(e, accumulator, merge_states(e, accumulator, left, right), to);
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

// Fewer are cheaper in line.
bool AlikeAccumulators::are_many(const Accumulator& accumulator) const {
  constexpr std::ptrdiff_t most_copies = 4;
  return std::count_if(nest_.accumulators.begin(), nest_.accumulators.end(), [&](const Accumulator& other) {
           return other.reduction == accumulator.reduction && other.dtype == accumulator.dtype;
         }) > most_copies;
}

std::string AlikeAccumulators::name(const char* what, const LlvmEmitter& e, const Accumulator& accumulator) {
  return fmt::format("{}.{}.{}.{}", what, name_of(accumulator.reduction), name_of(accumulator.dtype), e.lanes());
}

std::vector<llvm::Value*> AlikeAccumulators::flat(const Accumulator& accumulator, std::span<const Pointers> places) {
  std::vector<llvm::Value*> pointers;
  for (const Pointers& place : places)
    pointers.insert(pointers.end(), place.begin(), place.begin() + component_count(accumulator.reduction));
  return pointers;
}

std::vector<Pointers> AlikeAccumulators::in_places(const Accumulator& accumulator,
                                                   const std::vector<llvm::Value*>& pointers) {
  const auto components = static_cast<size_t>(component_count(accumulator.reduction));
  std::vector<Pointers> places(pointers.size() / components, Pointers{});
  for (size_t k = 0; k < pointers.size(); ++k) places[k / components][k % components] = pointers[k];
  return places;
}

void merge_alike(LlvmEmitter& e, const AlikeAccumulators& alike, const Accumulator& accumulator, const Pointers& to,
                 const Pointers& from) {
  const Pointers places[] = {to, from};
  alike.run("merge", e, accumulator, places,
            [&](std::span<const Pointers> own) { merge_in_memory(e, accumulator, own[0], own[1]); });
}

llvm::Value* Scratch::take(int64_t bytes) {
  llvm::Value* piece = frame_.advance(base_, bytes_);
  bytes_ += (bytes + 63) / 64 * 64;
  return piece;
}

}  // namespace fuseval::codegen

// The kernel that stores the result comes at some place in the plan's order. Kernels before it have read what they
// need, unless it runs tile by tile with them: then their rows must be those of the tile. Kernels after it would read
// the result. The kernel itself must read every element where it stores it: whole vectors are read, then written.
#include "engine/plan/in_place.hpp"

#include <algorithm>

namespace fuseval::engine {
namespace {

struct Store {
  size_t kernel = 0;
  const Operand* operand = nullptr;
};

bool is_of(const Plan& plan, const Operand& operand, BufferRole role, uint32_t slot) {
  if (operand.kind == OperandKind::index) return false;
  const BufferInfo& buffer = plan.buffers[operand.buffer];
  return buffer.role == role && buffer.slot == slot;
}

Store store_of(const Plan& plan, uint32_t k) {
  for (size_t kernel = 0; kernel < plan.kernels.size(); ++kernel)
    for (const Operand& operand : plan.kernels[kernel].operands)
      if (is_of(plan, operand, BufferRole::output, k)) return {kernel, &operand};
  return {};
}

bool is_harmless(const Plan& plan, const Store& store, size_t reader, const Operand& load) {
  const LoopNest& nest = plan.kernels[reader];
  if (reader > store.kernel) return false;
  if (reader == store.kernel)
    return !nest.is_reduction() && load.dtype == store.operand->dtype && load.offset == store.operand->offset &&
           load.strides == store.operand->strides;
  const auto chain = std::find_if(plan.chains.begin(), plan.chains.end(),
                                  [&](const Chain& c) { return c.is_tiled() && c.contains(store.kernel); });
  if (chain == plan.chains.end() || !chain->contains(reader)) return true;
  return shares_rows(plan.kernels[store.kernel], *store.operand, chain->positions[store.kernel - chain->first], nest,
                     load, chain->positions[reader - chain->first]);
}

}  // namespace

bool is_harmless_over(const Plan& plan, uint32_t k, uint32_t slot) {
  const Store store = store_of(plan, k);
  if (store.operand == nullptr) return false;
  for (size_t reader = 0; reader < plan.kernels.size(); ++reader)
    for (const Operand& operand : plan.kernels[reader].operands)
      if (is_of(plan, operand, BufferRole::input, slot) && !is_harmless(plan, store, reader, operand)) return false;
  return true;
}

}  // namespace fuseval::engine

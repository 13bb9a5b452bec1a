// collapse_axes: the axes of every nest of a plan, and the temporaries that live in tiles of chains.
#include <algorithm>

#include "ir/collapse.hpp"
#include "ir/plan.hpp"

namespace fuseval {
namespace {

void collapse_all(Plan& plan) {
  auto chain = plan.chains.begin();
  for (size_t k = 0; k < plan.kernels.size(); ++k) {
    while (chain != plan.chains.end() && k >= chain->first + chain->size()) ++chain;
    const bool pinned = chain != plan.chains.end() && chain->contains(k) && chain->is_tiled();
    collapse(plan.kernels[k], pinned ? std::span(chain->positions[k - chain->first]) : std::span<uint8_t>());
#ifdef FUSEVAL_VERIFY
    verify(plan.kernels[k]);
#endif
  }
}

// A temporary is a chain's own when every kernel that touches it is in the chain, and tiles of it are blocks of it.
void find_tile_temporaries(Plan& plan) {
  constexpr int32_t untouched = -2, shared = -1;
  plan.tile_of.assign(plan.buffers.size(), untouched);
  for (size_t k = 0; k < plan.kernels.size(); ++k) {
    const auto chain = std::find_if(plan.chains.begin(), plan.chains.end(),
                                    [&](const Chain& c) { return c.contains(k) && c.is_tiled(); });
    const auto own = chain == plan.chains.end() ? shared : static_cast<int32_t>(chain - plan.chains.begin());
    for (const Operand& operand : plan.kernels[k].operands) {
      if (operand.kind == OperandKind::index) continue;
      int32_t& known = plan.tile_of[operand.buffer];
      known = known == untouched || known == own ? own : shared;
      if (own != shared && !is_row_contiguous(plan.kernels[k], operand, chain->positions[k - chain->first]))
        known = shared;
    }
  }
  for (size_t b = 0; b < plan.buffers.size(); ++b)
    if (plan.buffers[b].role != BufferRole::temporary || plan.tile_of[b] == untouched) plan.tile_of[b] = shared;
}

}  // namespace

void collapse_axes(Plan& plan) {
  collapse_all(plan);
  find_tile_temporaries(plan);
}

}  // namespace fuseval

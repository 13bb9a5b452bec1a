#include "engine/plan/call_inputs.hpp"

#include <algorithm>

#include "ir/error.hpp"

namespace fuseval::engine {

CallInputs::CallInputs(const Specialisation& made, const fv_view* inputs) : views_(inputs) {
  const size_t count = made.signature().inputs.size(), own = count - made.number_count();
  if (own == count) return;
  if (count > few) many_views_.resize(count), many_numbers_.resize(made.number_count());
  fv_view* const views = count > few ? many_views_.data() : few_views_.data();
  uint64_t* const numbers = count > few ? many_numbers_.data() : few_numbers_.data();
  if (!made.serves_values(inputs, numbers))
    throw Error(ErrorCode::argument, "a weak scalar changed while the call began");
  std::copy_n(inputs, own, views);
  for (size_t k = own; k < count; ++k)
    views[k] = {numbers + (k - own),
                static_cast<int32_t>(made.signature().inputs[k].dtype),
                0,
                nullptr,
                nullptr,
                FV_DEVICE_CPU,
                0,
                0};
  views_ = views;
}

}  // namespace fuseval::engine

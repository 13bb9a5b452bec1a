#include "engine/plan/expected_view.hpp"

namespace fuseval::engine {

ExpectedView::ExpectedView(uint32_t slot, DType dtype, bool is_weak, const ArrayLayout& layout, bool anywhere)
    : slot_(slot),
      dtype_(static_cast<int32_t>(dtype)),
      rank_(static_cast<int32_t>(layout.shape.size())),
      weak_(is_weak ? FV_VIEW_WEAK : 0),
      device_mask_(anywhere ? 0 : -1),
      empty_(element_count(layout.shape) == 0),
      c_order_(layout.strides == c_strides(layout.shape, size_of(dtype))),
      shape_(layout.shape.data()),
      strides_(layout.strides.data()) {}

ExpectedView::ExpectedView(uint32_t slot, int32_t dtype) : slot_(slot), dtype_(dtype), given_(false) {}

}  // namespace fuseval::engine

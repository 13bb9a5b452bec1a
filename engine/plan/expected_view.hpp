// What a specialisation expects of one view of a call, compared without allocating or validating twice.
#pragma once

#include <cstdint>

#include "fuseval/fuseval.h"
#include "ir/plan.hpp"

namespace fuseval::engine {

class ExpectedView {
 public:
  /// layout must outlive this object. anywhere: the array may be on a device.
  ExpectedView(uint32_t slot, DType dtype, bool is_weak, const ArrayLayout& layout, bool anywhere);
  /// An output that the caller leaves to be allocated; dtype -1 for the result's own.
  ExpectedView(uint32_t slot, int32_t dtype);

  uint32_t slot() const { return slot_; }
  bool accepts_input(const fv_view& view) const {
    return (difference(view) | ((view.flags & FV_VIEW_WEAK) ^ weak_)) == 0 && has_layout(view);
  }
  bool accepts_output(const fv_view& view) const {
    if (!given_) return view.dtype == dtype_ && view.data == nullptr;
    return (difference(view) | (view.flags & (FV_VIEW_READONLY | FV_VIEW_WEAK))) == 0 && has_layout(view);
  }

 private:
  // 0 when dtype, rank and device are as expected: one branch for all.
  uint32_t difference(const fv_view& view) const {
    return static_cast<uint32_t>((view.dtype ^ dtype_) | (view.rank ^ rank_) |
                                 ((view.device_type ^ FV_DEVICE_CPU) & device_mask_));
  }
  bool has_layout(const fv_view& view) const {
    if (view.data == nullptr && !empty_) return false;
    if (rank_ == 0) return true;
    if (view.shape == nullptr) return false;
    for (int32_t k = 0; k < rank_; ++k)
      if (view.shape[k] != shape_[k]) return false;
    if (view.byte_strides == nullptr) return c_order_;
    for (int32_t k = 0; k < rank_; ++k)
      if (view.byte_strides[k] != strides_[k]) return false;
    return true;
  }

  uint32_t slot_;
  int32_t dtype_;
  int32_t rank_ = 0;
  uint32_t weak_ = 0;
  int32_t device_mask_ = -1;  ///< 0: anywhere
  bool given_ = true;
  bool empty_ = false;
  bool c_order_ = true;
  const int64_t* shape_ = nullptr;
  const int64_t* strides_ = nullptr;
};

}  // namespace fuseval::engine

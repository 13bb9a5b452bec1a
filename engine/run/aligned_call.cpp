#include "engine/run/aligned_call.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/call_memory.hpp"
#include "engine/base/views.hpp"
#include "engine/cpu/strided_copy.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/run/mapped_ranges.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

bool has_unaligned_strides(const fv_view& view) {
  if (view.byte_strides == nullptr || view.data == nullptr) return false;
  const int64_t size = fv_dtype_size(view.dtype);
  return size > 1 && std::any_of(view.byte_strides, view.byte_strides + view.rank,
                                 [&](int64_t stride) { return stride % size != 0; });
}

void require_aligned(const fv_view& view, const std::string& what) {
  if (view.device_type != FV_DEVICE_CPU && has_unaligned_strides(view)) refuse_unaligned(view, what);
}

void copy_view(const fv_view& from, const fv_view& to) {
  copy_elements(static_cast<char*>(to.data), strides_of(to), static_cast<const char*>(from.data), strides_of(from),
                shape_of(from), size_of(dtype_of(from)));
}

bool wants_copy(const fv_view& view) { return view.device_type == FV_DEVICE_CPU && has_unaligned_strides(view); }

}  // namespace

void refuse_unaligned(const fv_view& view, const std::string& what) {
  throw Error(
      ErrorCode::argument,
      fmt::format("{}: its elements of {} bytes are not aligned to as many, which a device needs; copy it first", what,
                  fv_dtype_size(view.dtype)));
}

AlignedCall::AlignedCall(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count)
    : given_inputs_(inputs), given_outputs_(outputs), limit_(program.runtime().memory_limit) {
  const size_t input_count = program.inputs().size();
  for (size_t k = 0; k < input_count; ++k)
    if (program.is_used(k)) require_aligned(inputs[k], fmt::format("input '{}'", program.inputs()[k].name));
  for (int32_t k = 0; k < output_count; ++k) require_aligned(outputs[k], fmt::format("output {}", k));
  for (size_t k = 0; k < input_count; ++k) {
    if (!program.is_used(k) || !wants_copy(inputs[k])) continue;
    if (inputs_.empty()) inputs_.assign(inputs, inputs + input_count);
    require_bounded(inputs[k], fmt::format("input '{}'", program.inputs()[k].name));
    inputs_[k] = replaced(inputs[k]);
    read_guarded(inputs[k], [&] { copy_view(inputs[k], inputs_[k]); });
  }
  for (int32_t k = 0; k < output_count; ++k) {
    if (!wants_copy(outputs[k])) continue;
    if (outputs_.empty()) outputs_.assign(outputs, outputs + output_count);
    outputs_[static_cast<size_t>(k)] = replaced(outputs[k]);
  }
}

fv_view AlignedCall::replaced(const fv_view& view) {
  const auto bytes = static_cast<size_t>(checked_multiply(element_count(shape_of(view)), size_of(dtype_of(view))));
  taken_ = checked_add(taken_, bytes);
  require_memory(taken_, limit_);
  copies_.emplace_back(std::max<size_t>(bytes, 1));
  fv_view copy = view;
  copy.data = copies_.back().data();
  copy.byte_strides = nullptr;
  copy.flags &= ~FV_VIEW_MAPPED;
  return copy;
}

void AlignedCall::copy_back() const {
  for (size_t k = 0; k < outputs_.size(); ++k)
    if (is_replaced(k)) copy_view(outputs_[k], given_outputs_[k]);
}

bool needs_stand_ins(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count) {
  for (size_t k = 0; k < program.inputs().size(); ++k)
    if (program.is_used(k) && wants_copy(inputs[k])) return true;
  return std::any_of(outputs, outputs + output_count, wants_copy);
}

}  // namespace fuseval::engine

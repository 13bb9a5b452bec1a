#include "engine/base/output_views.hpp"

#include <fmt/format.h>

#include "engine/base/self_overlap.hpp"
#include "engine/base/views.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

// Which of two values an element gets must not depend on the order of the stores.
void refuse_shared_memory(const fv_view& view, int32_t k) {
  const ArrayLayout layout = layout_of(view);
  const SelfOverlap found = self_overlap(layout, size_of(dtype_of(view)));
  if (found.answer == SelfOverlap::no) return;
  const std::string strides =
      fmt::format("shape {}, byte strides {}", to_string(layout.shape), to_string(layout.strides));
  if (found.answer == SelfOverlap::yes)
    throw Error(ErrorCode::argument, fmt::format("output {}: its elements {} and {} share memory ({})", k,
                                                 to_string(found.first), to_string(found.second), strides));
  throw Error(ErrorCode::argument,
              fmt::format("output {}: whether its elements share memory takes too long to find out ({})", k, strides));
}

}  // namespace

void check_outputs(const fv_view* outputs, int32_t count) {
  for (int32_t k = 0; k < count; ++k) {
    const fv_view& output = outputs[k];
    if (output.data == nullptr && output.dtype == -1) continue;
    if (output.data != nullptr) validate(output, fmt::format("output {}", k));
    if (output.dtype < 0 || output.dtype >= dtype_count)
      throw Error(ErrorCode::invalid_handle, fmt::format("output {}: {} is no dtype", k, output.dtype));
    if (!is_computed(dtype_of(output)))
      throw Error(ErrorCode::unsupported,
                  fmt::format("output {} has dtype {}, which this version does not compute with", k,
                              name_of(dtype_of(output))));
    if ((output.flags & FV_VIEW_READONLY) != 0)
      throw Error(ErrorCode::argument, fmt::format("output {} is read-only", k));
    if (output.data == nullptr) continue;
    require_bounded(output, fmt::format("output {}", k));
    if (output.byte_strides != nullptr) refuse_shared_memory(output, k);
  }
}

}  // namespace fuseval::engine

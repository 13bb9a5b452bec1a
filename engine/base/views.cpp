#include "engine/base/views.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/place.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw Error(ErrorCode::invalid_handle, fmt::format("{}: {}", what, why));
}

}  // namespace

void validate_description(const fv_view& view, const std::string& what) {
  if (view.dtype < 0 || view.dtype >= dtype_count) refuse(what, fmt::format("{} is no dtype", view.dtype));
  if (view.rank < 0 || view.rank > FV_MAX_RANK)
    refuse(what, fmt::format("rank {} is not in [0, {}]", view.rank, FV_MAX_RANK));
  validate_place(view, what);
  for (int32_t k = 0; view.shape != nullptr && k < view.rank; ++k)
    if (view.shape[k] < 0) refuse(what, fmt::format("extent {} of axis {} is negative", view.shape[k], k));
  if ((view.flags & FV_VIEW_WEAK) == 0) return;
  const DType dtype = dtype_of(view);
  const bool python = dtype == DType::bool_ || dtype == DType::int64 || dtype == DType::float64;
  if (view.rank != 0 || !python) refuse(what, "a weak scalar has rank 0 and dtype bool, int64 or float64");
  if (view.device_type != FV_DEVICE_CPU) refuse(what, "a weak scalar is on the host, not on a device");
  if ((view.flags & FV_VIEW_MAPPED) != 0) refuse(what, "a weak scalar is a number of the caller's, not a mapped file");
}

void validate(const fv_view& view, const std::string& what) {
  validate_description(view, what);
  if (view.rank > 0 && view.shape == nullptr) refuse(what, "shape is NULL");
  if (view.data == nullptr && element_count(shape_of(view)) > 0) refuse(what, "data is NULL");
}

bool has_elements(const fv_view& view) {
  if (view.rank > 0 && view.shape == nullptr) return false;
  const bool is_empty = std::find(view.shape, view.shape + view.rank, 0) != view.shape + view.rank;
  return view.data != nullptr || is_empty;
}

Shape shape_of(const fv_view& view) { return Shape(view.shape, view.shape + view.rank); }

std::vector<int64_t> strides_of(const fv_view& view) {
  if (view.byte_strides == nullptr) return c_strides(shape_of(view), size_of(dtype_of(view)));
  return {view.byte_strides, view.byte_strides + view.rank};
}

ArrayLayout layout_of(const fv_view& view) { return {shape_of(view), strides_of(view)}; }

runtime::ArrayView array_of(const fv_view& view) {
  runtime::ArrayView array;
  array.data = static_cast<char*>(view.data);
  array.dtype = dtype_of(view);
  array.shape = shape_of(view);
  array.strides = strides_of(view);
  array.readonly = (view.flags & FV_VIEW_READONLY) != 0;
  array.mapped = (view.flags & FV_VIEW_MAPPED) != 0;
  return array;
}

void require_bounded(const fv_view& view, const std::string& what) {
  try {
    element_count(shape_of(view));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", what, error.message()));
  }
  byte_extent(layout_of(view), size_of(dtype_of(view)), what);
}

ByteExtent byte_extent(const ArrayLayout& layout, int64_t itemsize, const std::string& what) {
  if (const auto extent = extent_of(layout, itemsize)) return *extent;
  refuse(what, fmt::format("byte strides {} over shape {} leave the address space", to_string(layout.strides),
                           to_string(layout.shape)));
}

fv_view view_of(const runtime::ArrayView& array) {
  const uint32_t flags = (array.readonly ? FV_VIEW_READONLY : 0u) | (array.mapped ? FV_VIEW_MAPPED : 0u);
  return {array.data,
          static_cast<int32_t>(array.dtype),
          static_cast<int32_t>(array.shape.size()),
          array.shape.data(),
          array.strides.data(),
          FV_DEVICE_CPU,
          0,
          flags};
}

void require_host(const fv_view& view) {
  if (view.device_type != FV_DEVICE_CPU)
    throw Error(ErrorCode::argument, "the view is on a device; copy it to the host first (fv_to_host)");
}

}  // namespace fuseval::engine

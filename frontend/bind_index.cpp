// Subscripts: integers, slices, `...` and newaxis make one affine view of the array; Python's rules for negative
// indices and for slices that reach beyond the ends.
#include <algorithm>

#include "frontend/binder.hpp"

namespace fuseval::frontend {
namespace {

bool consumes_axis(const Value& item) { return item.kind == ValueKind::slice || item.is_weak() || item.is_array(); }

void check_items(std::span<const Value> items, int rank, Span span) {
  int axes = 0, ellipses = 0;
  for (const Value& item : items) {
    axes += consumes_axis(item);
    ellipses += item.kind == ValueKind::ellipsis;
    if (item.is_array() || item.kind == ValueKind::list || (item.is_weak() && item.scalar.is_bool()))
      fail(ErrorCode::unsupported, item.span,
           "an array as an index (gather, or compaction by a mask) is part of the language but not available in this "
           "version");
    const bool known = consumes_axis(item) || item.kind == ValueKind::ellipsis || item.kind == ValueKind::none;
    if (!known || (item.is_weak() && item.scalar.is_float()))
      fail(ErrorCode::argument, item.span,
           "only integers, slices (`:`), ellipsis (`...`) and newaxis (`None`) are valid indices, not {}",
           describe(item));
  }
  if (ellipses > 1) fail(ErrorCode::shape, span, "an index can only have a single ellipsis ('...')");
  if (axes > rank)
    fail(ErrorCode::shape, span, "too many indices for array: array is {}-dimensional, but {} were indexed", rank,
         axes);
}

struct Range {
  int64_t start, step, extent;
};

// PySlice_AdjustIndices.
Range adjusted(std::optional<int64_t> start, std::optional<int64_t> stop, int64_t step, int64_t extent) {
  const int64_t low = step < 0 ? -1 : 0, high = step < 0 ? extent - 1 : extent;
  const auto clip = [&](int64_t bound) {
    return bound < 0 ? std::max(bound < -extent ? low : bound + extent, low) : std::min(bound, high);
  };
  const int64_t first = start ? clip(*start) : step < 0 ? high : low;
  const int64_t last = stop ? clip(*stop) : step < 0 ? low : high;
  const int64_t distance = step < 0 ? first - last : last - first;
  if (distance <= 0) return {0, 1, 0};
  const uint64_t stride = step < 0 ? uint64_t{0} - static_cast<uint64_t>(step) : static_cast<uint64_t>(step);
  return {first, step, static_cast<int64_t>((static_cast<uint64_t>(distance) - 1) / stride) + 1};
}

// Python clips a slice's bounds, so that ints of any size are allowed.
std::optional<int64_t> slice_bound(Binder& binder, const Value& value) {
  if (value.kind == ValueKind::none) return std::nullopt;
  if (!value.is_weak() || value.scalar.is_float())
    fail(ErrorCode::argument, value.span, "slice indices must be integers or None, not {}", describe(value));
  const Integer& bound = binder.fold(value).integer;
  return bound.fits_int64() ? bound.to_int64() : bound.is_negative() ? INT64_MIN : INT64_MAX;
}

Range range_of(Binder& binder, const Value& slice, int64_t extent) {
  const auto start = slice_bound(binder, slice.items[0]), stop = slice_bound(binder, slice.items[1]);
  const int64_t step = slice_bound(binder, slice.items[2]).value_or(1);
  if (step == 0) fail(ErrorCode::value, slice.span, "slice step cannot be zero");
  return adjusted(start, stop, step, extent);
}

int64_t picked(Binder& binder, const Value& item, int axis, int64_t extent) {
  const Integer& index = binder.fold(item).integer;
  if (index < -extent || index >= extent)
    fail(ErrorCode::shape, item.span, "index {} is out of bounds for axis {} with size {}", index.text(), axis, extent);
  return index.to_int64() + (index.is_negative() ? extent : 0);
}

/// One axis of the result: which source axis it walks (-1: none), and how.
struct ViewAxis {
  int source;
  int64_t step, extent;
};

AffineView view_of(const Shape& source, std::span<const ViewAxis> axes, const std::vector<int64_t>& offset) {
  Shape extents;
  for (const ViewAxis& axis : axes) extents.push_back(axis.extent);
  AffineView view = AffineView::zero(static_cast<int>(source.size()), std::move(extents));
  view.offset = offset;
  for (size_t k = 0; k < axes.size(); ++k)
    if (axes[k].source >= 0) view.at(axes[k].source, static_cast<int>(k)) = axes[k].extent == 1 ? 0 : axes[k].step;
  return view;
}

Value slice_of(Binder& binder, const Value& sequence, const Value& slice, Span span) {
  const Range range = range_of(binder, slice, static_cast<int64_t>(sequence.items.size()));
  Value result;
  result.kind = sequence.kind;
  result.span = span;
  for (int64_t k = 0; k < range.extent; ++k)
    result.items.push_back(sequence.items[static_cast<size_t>(range.start + k * range.step)]);
  return result;
}

/// Of a tuple or a list: one of its items, or those of a slice.
Value item_of(Binder& binder, Value sequence, std::span<const Value> items, Span span) {
  if (items.size() == 1 && items[0].kind == ValueKind::slice) return slice_of(binder, sequence, items[0], span);
  if (items.size() != 1 || !items[0].is_weak())
    fail(ErrorCode::argument, span, "a tuple is indexed by one integer or one slice");
  const auto size = static_cast<int64_t>(sequence.items.size());
  const int64_t index = binder.static_integer(items[0], "an index");
  if (index < -size || index >= size) fail(ErrorCode::shape, items[0].span, "tuple index out of range");
  return std::move(sequence.items[static_cast<size_t>(index < 0 ? index + size : index)]);
}

}  // namespace

Value Binder::subscript(Value object, std::span<const Value> items, Span span) {
  if (items.size() == 1 && items[0].kind == ValueKind::tuple) {
    const std::vector<Value> inner = items[0].items;
    return subscript(std::move(object), inner, span);
  }
  if (object.is_sequence()) return item_of(*this, std::move(object), items, span);
  if (!object.is_array()) fail(ErrorCode::argument, object.span, "{} cannot be indexed", describe(object));
  const Shape source = shape(object.node);
  const int rank = static_cast<int>(source.size());
  check_items(items, rank, span);
  const auto indexed = std::count_if(items.begin(), items.end(), consumes_axis);
  std::vector<ViewAxis> axes;
  std::vector<int64_t> offset(source.size(), 0);
  int axis = 0;
  const auto keep = [&](int64_t count) {
    for (; count > 0; --count, ++axis) axes.push_back({axis, 1, source[static_cast<size_t>(axis)]});
  };
  for (const Value& item : items) {
    if (item.kind == ValueKind::none) {
      axes.push_back({-1, 0, 1});
    } else if (item.kind == ValueKind::ellipsis) {
      keep(rank - indexed);
    } else if (item.is_weak()) {
      offset[static_cast<size_t>(axis)] = picked(*this, item, axis, source[static_cast<size_t>(axis)]);
      ++axis;
    } else {
      const Range range = range_of(*this, item, source[static_cast<size_t>(axis)]);
      offset[static_cast<size_t>(axis)] = range.start;
      axes.push_back({axis++, range.step, range.extent});
    }
  }
  keep(rank - axis);
  return array(graph().view(object.node, view_of(source, axes, offset)), span);
}

}  // namespace fuseval::frontend

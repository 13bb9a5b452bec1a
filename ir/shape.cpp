#include "ir/shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ir/checked.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"

namespace fuseval {

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  bool is_empty = false;
  for (const int64_t extent : shape) {
    is_empty = is_empty || extent == 0;
    count = capped_multiply(count, std::max<int64_t>(extent, 1));
    if (count > most_elements)
      throw Error(ErrorCode::memory, fmt::format("an array of shape {} has too many elements", to_string(shape)));
  }
  return is_empty ? 0 : count;
}

std::string to_string(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  const size_t shift = longer.size() - shorter.size();
  for (size_t k = 0; k < shorter.size(); ++k) {
    int64_t& extent = result[shift + k];
    if (extent == 1)
      extent = shorter[k];
    else if (shorter[k] != 1 && shorter[k] != extent)
      throw Error(ErrorCode::shape,
                  fmt::format("shapes {} and {} do not broadcast together", to_string(a), to_string(b)));
  }
  return result;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.size() > to.size()) return false;
  const size_t shift = to.size() - from.size();
  for (size_t k = 0; k < from.size(); ++k)
    if (from[k] != 1 && from[k] != to[shift + k]) return false;
  return true;
}

std::vector<int64_t> c_strides(const Shape& shape, int64_t itemsize) {
  std::vector<int64_t> strides(shape.size());
  int64_t step = itemsize;
  for (size_t k = shape.size(); k-- > 0;) {
    strides[k] = step;
    step = checked_multiply(step, std::max<int64_t>(shape[k], 1));
  }
  return strides;
}

int normalise_axis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    throw Error(ErrorCode::axis,
                fmt::format("axis {} is out of range for an array of {}", axis, counted(rank, "dimension")));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

AffineView AffineView::zero(int source_rank, Shape shape) {
  AffineView view;
  view.source_rank = source_rank;
  view.shape = std::move(shape);
  view.offset.assign(static_cast<size_t>(source_rank), 0);
  view.stride.assign(static_cast<size_t>(source_rank) * view.shape.size(), 0);
  return view;
}

AffineView AffineView::identity(const Shape& shape) {
  AffineView view = zero(static_cast<int>(shape.size()), shape);
  for (int k = 0; k < view.source_rank; ++k) view.at(k, k) = 1;
  return view;
}

AffineView AffineView::broadcast(const Shape& source, const Shape& target) {
  AffineView view = zero(static_cast<int>(source.size()), target);
  const int shift = static_cast<int>(target.size() - source.size());
  for (int s = 0; s < view.source_rank; ++s)
    if (source[static_cast<size_t>(s)] != 1) view.at(s, shift + s) = 1;
  return view;
}

AffineView AffineView::transpose(const Shape& source, const std::vector<int>& permutation) {
  Shape shape;
  for (const int s : permutation) shape.push_back(source[static_cast<size_t>(s)]);
  AffineView view = zero(static_cast<int>(source.size()), std::move(shape));
  for (int k = 0; k < view.source_rank; ++k) view.at(permutation[static_cast<size_t>(k)], k) = 1;
  return view;
}

AffineView AffineView::slice(const Shape& source, int axis, int64_t start, int64_t step, int64_t extent) {
  AffineView view = identity(source);
  const auto s = static_cast<size_t>(axis);
  view.shape[s] = extent;
  view.offset[s] = start;
  view.at(axis, axis) = extent == 1 ? 0 : step;
  return view;
}

AffineView AffineView::pick(const Shape& source, int axis, int64_t index) {
  AffineView view = drop_axis(source, axis);
  view.offset[static_cast<size_t>(axis)] = index;
  return view;
}

AffineView AffineView::new_axis(const Shape& source, int position) {
  Shape shape = source;
  shape.insert(shape.begin() + position, 1);
  AffineView view = zero(static_cast<int>(source.size()), std::move(shape));
  for (int s = 0; s < view.source_rank; ++s) view.at(s, s < position ? s : s + 1) = 1;
  return view;
}

AffineView AffineView::drop_axis(const Shape& source, int axis) {
  Shape shape = source;
  shape.erase(shape.begin() + axis);
  AffineView view = zero(static_cast<int>(source.size()), std::move(shape));
  for (int s = 0; s < view.source_rank; ++s)
    if (s != axis) view.at(s, s < axis ? s : s - 1) = 1;
  return view;
}

AffineView compose(const AffineView& outer, const AffineView& inner) {
  AffineView result = AffineView::zero(inner.source_rank, outer.shape);
  for (int s = 0; s < inner.source_rank; ++s) {
    int64_t& offset = result.offset[static_cast<size_t>(s)];
    offset = inner.offset[static_cast<size_t>(s)];
    for (int m = 0; m < inner.rank(); ++m) {
      const int64_t factor = inner.at(s, m);
      if (factor == 0) continue;
      offset = checked_add(offset, checked_multiply(factor, outer.offset[static_cast<size_t>(m)]));
      for (int k = 0; k < outer.rank(); ++k)
        result.at(s, k) = checked_add(result.at(s, k), checked_multiply(factor, outer.at(m, k)));
    }
  }
  return result;
}

// Strides of axes of extent 1 say nothing: an index there is always 0.
bool is_identity(const AffineView& view, const Shape& source) {
  if (view.shape != source) return false;
  for (int s = 0; s < view.source_rank; ++s) {
    if (view.offset[static_cast<size_t>(s)] != 0) return false;
    for (int k = 0; k < view.rank(); ++k)
      if (source[static_cast<size_t>(k)] != 1 && view.at(s, k) != (s == k ? 1 : 0)) return false;
  }
  return true;
}

}  // namespace fuseval

// NumPy's layout in two steps: a format that is common to all elements that will be shown (so that they line up), then
// nested brackets with lines broken where they are full.
#include "tools/numpy_text.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "tools/element.hpp"
#include "tools/float_text.hpp"

namespace fuseval::tools {
namespace {

/// The options of one text, the extents of the array that it is of, and whether that is abbreviated.
struct Style {
  PrintOptions options;
  const std::int64_t* extents;
  bool summary;
};

using ElementText = std::function<std::string(const char*)>;

bool is_cut(int axis, const Style& style) {
  return style.summary && style.extents[axis] > 2 * style.options.edge_items;
}

/// Calls f(address) for all elements, or with a summary for those that a summary shows.
template <class F>
void each_shown(const fv_view& array, const Style& style, F& f, int axis, const char* address) {
  if (axis == array.rank) return f(address);
  const bool cut = is_cut(axis, style);
  for (std::int64_t i = 0; i < array.shape[axis]; ++i) {
    if (cut && i == style.options.edge_items) i = array.shape[axis] - style.options.edge_items;
    each_shown(array, style, f, axis + 1, address + i * array.byte_strides[axis]);
  }
}

template <class T, class F>
void each_value(const fv_view& array, const Style& style, F f) {
  auto on_address = [&](const char* address) { f(load<T>(address)); };
  each_shown(array, style, on_address, 0, static_cast<const char*>(array.data));
}

std::string padded(std::size_t width, const std::string& text) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

template <class T>
ElementText integer_text(const fv_view& array, const Style& style) {
  std::size_t width = 0;
  each_value<T>(array, style, [&](T value) { width = std::max(width, std::to_string(value).size()); });
  return [width](const char* address) { return padded(width, std::to_string(load<T>(address))); };
}

/// Widths that all shown floating-point elements share.
struct FloatLayout {
  bool scientific = false;
  std::size_t left = 0;      ///< characters before the point
  std::size_t right = 0;     ///< after it, an exponent included
  std::size_t fraction = 0;  ///< digits after it
  std::size_t exponent = 0;  ///< digits of the exponent
};

/// Exponents are shown when the largest element is at least 10^8 (float32: 10^6, all its digits), when the smallest is
/// below 10^-4, or when they are a factor of more than 1000 apart; all in the elements' own precision.
template <class T>
bool is_scientific(const fv_view& array, const Style& style) {
  T largest = 0;
  T smallest = std::numeric_limits<T>::infinity();
  each_value<T>(array, style, [&](T value) {
    if (!std::isfinite(value) || value == 0) return;
    largest = std::max(largest, std::fabs(value));
    smallest = std::min(smallest, std::fabs(value));
  });
  const T cutoff = std::is_same_v<T, float> ? T(1e6) : T(1e8);
  return largest > 0 && (largest >= cutoff || smallest < T(0.0001) || largest / smallest > T(1000));
}

template <class T>
FloatLayout float_layout(const fv_view& array, const Style& style) {
  FloatLayout layout;
  layout.scientific = is_scientific<T>(array, style);
  bool finite = false;
  std::size_t widest_word = 0;
  each_value<T>(array, style, [&](T value) {
    if (!std::isfinite(value)) {
      widest_word = std::max(widest_word, std::size_t{value < 0 ? 4u : 3u});
      return;
    }
    finite = true;
    const FloatParts parts = layout.scientific ? scientific_parts(value, style.options.precision)
                                               : positional_parts(value, style.options.precision);
    layout.left = std::max(layout.left, parts.whole.size());
    layout.fraction = std::max(layout.fraction, parts.fraction.size());
    if (layout.scientific) layout.exponent = std::max(layout.exponent, parts.exponent.size() - 2);
  });
  layout.right = layout.fraction + (layout.scientific && finite ? layout.exponent + 2 : 0);
  if (widest_word > layout.right + 1) layout.left = std::max(layout.left, widest_word - layout.right - 1);
  return layout;
}

std::string aligned(const FloatParts& parts, const FloatLayout& layout) {
  std::string text = padded(layout.left, parts.whole);
  (text += '.') += parts.fraction;
  if (!layout.scientific) return text + std::string(layout.fraction - parts.fraction.size(), ' ');
  const std::string digits = parts.exponent.substr(2);
  return text + parts.exponent.substr(0, 2) + std::string(layout.exponent - digits.size(), '0') + digits;
}

template <class T>
ElementText float_text(const fv_view& array, const Style& style) {
  const FloatLayout layout = float_layout<T>(array, style);
  return [layout, style](const char* address) {
    const T value = load<T>(address);
    if (!std::isfinite(value)) return padded(layout.left + layout.right + 1, scalar_float(value));
    if (layout.scientific) return aligned(fixed_scientific_parts(value, static_cast<int>(layout.fraction)), layout);
    return aligned(positional_parts(value, style.options.precision), layout);
  };
}

ElementText element_text(const fv_view& array, const Style& style) {
  return with_element_type(static_cast<DType>(array.dtype), [&](auto example) -> ElementText {
    using T = decltype(example);
    if constexpr (std::is_same_v<T, bool>)
      return [](const char* address) { return std::string(load<unsigned char>(address) ? " True" : "False"); };
    else if constexpr (std::is_floating_point_v<T>)
      return float_text<T>(array, style);
    else
      return integer_text<T>(array, style);
  });
}

class Layout {
 public:
  Layout(const fv_view& array, const Style& style)
      : array_(array), style_(style), element_(element_text(array, style)) {}

  std::string text() const { return nested(0, static_cast<const char*>(array_.data)); }

 private:
  std::string nested(int axis, const char* address) const {
    std::string text(1, '[');
    text += axis == array_.rank - 1 ? row(axis, address) : rows(axis, address);
    return text += ']';
  }

  /// f(index) for what is shown along an axis, index -1 standing for the part that is left out.
  template <class F>
  void along(int axis, F f) const {
    const bool cut = is_cut(axis, style_);
    for (std::int64_t i = 0; i < array_.shape[axis]; ++i) {
      if (cut && i == style_.options.edge_items) {
        f(std::int64_t{-1});
        i = array_.shape[axis] - style_.options.edge_items;
      }
      f(i);
    }
  }

  std::string indent(int axis) const { return std::string(static_cast<std::size_t>(axis) + 1, ' '); }

  /// Sub-arrays of n dimensions are n - 1 empty lines apart.
  std::string rows(int axis, const char* address) const {
    const std::string between(static_cast<std::size_t>(array_.rank - axis - 1), '\n');
    std::string text;
    along(axis, [&](std::int64_t i) {
      if (!text.empty()) text += between + indent(axis);
      text += i < 0 ? "..." : nested(axis + 1, address + i * array_.byte_strides[axis]);
    });
    return text;
  }

  /// Elements of the last axis; every bracket that is open takes a column at either end of a line.
  std::string row(int axis, const char* address) const {
    const auto width = static_cast<std::size_t>(std::max(style_.options.line_width - axis - 1, 1));
    const std::string start = indent(axis);
    std::string text;
    std::string line = start;
    along(axis, [&](std::int64_t i) {
      const std::string word = i < 0 ? "..." : element_(address + i * array_.byte_strides[axis]);
      if (line.size() > start.size()) line += ' ';
      if (line.size() + word.size() > width && line.size() > start.size()) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        line = start;
      }
      line += word;
    });
    return (text + line).substr(start.size());
  }

  const fv_view& array_;
  const Style& style_;
  ElementText element_;
};

std::string scalar_text(const fv_view& array) {
  return with_element_type(static_cast<DType>(array.dtype), [&](auto example) -> std::string {
    using T = decltype(example);
    const char* address = static_cast<const char*>(array.data);
    if constexpr (std::is_same_v<T, bool>)
      return load<unsigned char>(address) ? "True" : "False";
    else if constexpr (std::is_floating_point_v<T>)
      return scalar_float(load<T>(address));
    else
      return std::to_string(load<T>(address));
  });
}

}  // namespace

std::string numpy_text(const fv_view& array, const PrintOptions& options) {
  return numpy_text(array, array.shape, options);
}

std::string numpy_text(const fv_view& shown, const std::int64_t* extents, const PrintOptions& options) {
  if (shown.rank == 0) return scalar_text(shown);
  const std::int64_t* end = extents + shown.rank;
  if (std::find(extents, end, 0) != end) return "[]";
  std::int64_t elements = 1;
  for (const std::int64_t* extent = extents; extent != end; ++extent) elements *= *extent;
  const Style style{options, extents, elements > options.threshold};
  return Layout(shown, style).text();
}

}  // namespace fuseval::tools

#include "tools/picture/chart_kinds.hpp"

namespace fuseval::tools {

std::string shape_text(const Elements& elements) {
  std::string text = "(";
  for (int axis = 0; axis < elements.rank(); ++axis)
    text += (axis > 0 ? ", " : "") + std::to_string(elements.extent(axis));
  return text + (elements.rank() == 1 ? ",)" : ")");
}

void refuse(const std::string& message) { throw Error(FV_ERROR_SHAPE, "no picture: " + message); }

void refuse_shape(const Elements& elements, const std::string& wanted) {
  refuse(wanted + "; this one is " + (elements.rank() == 0 ? "a number" : "of shape " + shape_text(elements)));
}

bool holds_colours(const Elements& elements) {
  const bool has_channels = elements.rank() == 3 && (elements.extent(2) == 3 || elements.extent(2) == 4);
  const DType dtype = elements.dtype();
  return has_channels && (dtype == DType::uint8 || dtype == DType::float32 || dtype == DType::float64);
}

std::optional<Elements> elements_of(const std::optional<View>& view) {
  return view ? std::optional<Elements>(std::in_place, *view) : std::nullopt;
}

void refuse_options(bool is_given, const std::string& message) {
  if (is_given) throw Error(FV_ERROR_ARGUMENT, "no picture: " + message);
}

void refuse_colours(const PictureOptions& options, const std::string& chart) {
  const bool is_given =
      options.colormap || options.z_limits.low || options.z_limits.high || options.z_scale != Scale::linear;
  refuse_options(is_given, chart + " has no colours for values; colour map and range of z are for an image's");
}

ChartAxis labelled(const Range& range, bool integers, const std::string& label, const char* without_label) {
  return {range, integers, label.empty() ? without_label : label, label};
}

}  // namespace fuseval::tools

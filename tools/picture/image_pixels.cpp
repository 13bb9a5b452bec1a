#include "tools/picture/image_pixels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace fuseval::tools {
namespace {

/// Sums are of this share of the values, so that they do not overflow. A power of two: what is alone in its pixel is
/// exact.
constexpr double share = 0x1p-40;

class Mean {
 public:
  void add(double value) {
    if (value != value) return;
    sum_ += value * share;
    ++count_;
  }
  double value() const {
    return count_ == 0 ? std::numeric_limits<double>::quiet_NaN() : sum_ / static_cast<double>(count_) / share;
  }

 private:
  double sum_ = 0;
  std::int64_t count_ = 0;
};

/// The means of what falls into each pixel.
template <class Element>
class Grid {
 public:
  Grid(const Elements& elements, int width, int height)
      : elements_(elements),
        width_(static_cast<int>(std::min<std::int64_t>(elements.extent(1), width))),
        height_(static_cast<int>(std::min<std::int64_t>(elements.extent(0), height))),
        cells_(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_)) {}

  /// add(cell, address) for every element.
  template <class Add>
  void fill(Add add) {
    const std::int64_t rows = elements_.extent(0), columns = elements_.extent(1);
    std::vector<int> pixel(static_cast<std::size_t>(columns));
    for (std::int64_t j = 0; j < columns; ++j) pixel[static_cast<std::size_t>(j)] = pixel_of(j, columns, width_);
    for (std::int64_t i = 0; i < rows; ++i) {
      Element* row = cells_.data() + static_cast<std::ptrdiff_t>(pixel_of(i, rows, height_)) * width_;
      const char* address = elements_.address() + i * elements_.stride(0);
      for (std::int64_t j = 0; j < columns; ++j, address += elements_.stride(1))
        add(row[pixel[static_cast<std::size_t>(j)]], address);
    }
  }

  template <class ColourOf>
  Pixels pixels(ColourOf colour_of) const {
    Pixels pixels(width_, height_);
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x)
        pixels.at(x, y) = colour_of(
            cells_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)]);
    return pixels;
  }

 private:
  static int pixel_of(std::int64_t index, std::int64_t count, int pixels) {
    return static_cast<int>(static_cast<long double>(index) * pixels / count);
  }

  const Elements& elements_;
  int width_, height_;
  std::vector<Element> cells_;
};

template <class T>
Pixels of_values(const Elements& elements, Colormap map, const Range& range, int width, int height) {
  Grid<Mean> grid(elements, width, height);
  grid.fill([](Mean& mean, const char* address) { mean.add(number<T>(address)); });
  return grid.pixels([&](const Mean& mean) {
    const double value = mean.value();
    const bool has_place = range.scale == Scale::linear ? value == value : value > 0;
    return has_place ? mapped(map, range.fraction(value)) : nan_colour;
  });
}

struct Rgb {
  Mean red, green, blue;
};

/// NaN in a colour makes it nan_colour.
template <class T>
void add_colour(Rgb& rgb, const char* address, std::int64_t stride, bool has_alpha) {
  constexpr double one = std::is_floating_point_v<T> ? 1 : 255;
  double channels[4] = {0, 0, 0, 1};
  for (int k = 0; k < (has_alpha ? 4 : 3); ++k) channels[k] = number<T>(address + k * stride) / one;
  const bool is_nan = std::any_of(channels, channels + 4, [](double channel) { return channel != channel; });
  const double nan_channel = nan_colour.red / 255.0;
  const double opaque = is_nan ? 1 : std::clamp(channels[3], 0.0, 1.0);
  Mean* const means[] = {&rgb.red, &rgb.green, &rgb.blue};
  for (int k = 0; k < 3; ++k)
    means[k]->add(is_nan ? nan_channel : 1 - opaque + opaque * std::clamp(channels[k], 0.0, 1.0));
}

template <class T>
Pixels of_colours(const Elements& elements, int width, int height) {
  Grid<Rgb> grid(elements, width, height);
  const std::int64_t stride = elements.stride(2);
  const bool has_alpha = elements.extent(2) == 4;
  grid.fill([&](Rgb& rgb, const char* address) { add_colour<T>(rgb, address, stride, has_alpha); });
  const auto byte = [](const Mean& mean) { return static_cast<std::uint8_t>(std::lround(mean.value() * 255)); };
  return grid.pixels([&](const Rgb& rgb) { return Colour{byte(rgb.red), byte(rgb.green), byte(rgb.blue)}; });
}

}  // namespace

Pixels image_pixels(const Elements& elements, Colormap map, const Range& range, int width, int height) {
  return with_element_type(elements.dtype(), [&](auto example) {
    using T = decltype(example);
    return elements.rank() == 3 ? of_colours<T>(elements, width, height)
                                : of_values<T>(elements, map, range, width, height);
  });
}

}  // namespace fuseval::tools

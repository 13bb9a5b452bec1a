// Array types of other libraries, bound by a trait, and what mdspan-like types tell about themselves.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <vector>

#include "fuseval/fuseval.hpp"

using fuseval::evaluate;

namespace {

/// std::mdspan's face, without the header that GCC 12 does not have yet.
template <class T, std::size_t dimensions>
class Mdspan {
 public:
  Mdspan(T* data, std::array<std::size_t, dimensions> extents, std::array<std::size_t, dimensions> strides)
      : data_(data), extents_(extents), strides_(strides) {}
  static constexpr std::size_t rank() { return dimensions; }
  T* data_handle() const { return data_; }
  std::size_t extent(std::size_t axis) const { return extents_[axis]; }
  std::size_t stride(std::size_t axis) const { return strides_[axis]; }

 private:
  T* data_;
  std::array<std::size_t, dimensions> extents_, strides_;
};

struct Image {
  std::vector<float> pixels;
  std::int64_t height, width;
};

}  // namespace

template <>
struct fuseval::ViewTraits<Image> {
  static View view(const Image& image) { return fuseval::view(image.pixels.data(), {image.height, image.width}); }
  static View view(Image& image) { return fuseval::view(image.pixels.data(), {image.height, image.width}); }
};

TEST_CASE("mdspan-like types bind with their strides, and are written into") {
  std::vector<double> data = {0, 1, 2, 3, 4, 5};
  const Mdspan<const double, 2> columns(data.data(), {3, 2}, {1, 3});
  const auto result = evaluate("x*1", {{"x", columns}});
  CHECK(result.shape() == std::vector<std::int64_t>{3, 2});
  CHECK(result.to_vector<double>() == std::vector<double>{0, 3, 1, 4, 2, 5});
  std::vector<double> target(6);
  const Mdspan<double, 2> out(target.data(), {3, 2}, {1, 3});
  evaluate("x + 1", {{"x", columns}}, fuseval::into(out));
  CHECK(target == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK_THROWS_AS(fuseval::into(columns), fuseval::Error);  // its elements are const
  CHECK(evaluate("x", {{"x", Mdspan<double, 0>(data.data() + 4, {}, {})}}).item<double>() == 4);
}

TEST_CASE("a type of one's own, by a specialisation of ViewTraits") {
  Image image{{1, 2, 3, 4}, 2, 2};
  const Image fixed = image;
  CHECK(evaluate("sum(i, axis=0)", {{"i", image}}).to_vector<float>() == std::vector<float>{4, 6});
  evaluate("i.T", {{"i", fixed}}, fuseval::into(image));
  CHECK(image.pixels == std::vector<float>{1, 3, 2, 4});
  CHECK_THROWS_AS(fuseval::into(fixed), fuseval::Error);
  const auto program = fuseval::compile("i*2", {{"i", image}});
  CHECK(program(image).to_vector<float>() == std::vector<float>{2, 6, 4, 8});
}

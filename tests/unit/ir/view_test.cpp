// Affine views against naive index arithmetic: random chains of slices, picks, new axes, flips and transposes.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "ir/error.hpp"
#include "ir/shape.hpp"

using namespace fuseval;

namespace {

// The source index of every element of the view, in C order, as a flat C-order position.
std::vector<int64_t> gather(const AffineView& view, const Shape& source) {
  const auto strides = c_strides(source, 1);
  std::vector<int64_t> result;
  std::vector<int64_t> index(view.shape.size(), 0);
  for (int64_t n = 0; n < element_count(view.shape); ++n) {
    int64_t rest = n, flat = 0;
    for (size_t k = view.shape.size(); k-- > 0;) {
      index[k] = rest % view.shape[k];
      rest /= view.shape[k];
    }
    for (int s = 0; s < view.source_rank; ++s) {
      int64_t at = view.offset[static_cast<size_t>(s)];
      for (int k = 0; k < view.rank(); ++k) at += view.at(s, k) * index[static_cast<size_t>(k)];
      REQUIRE(at >= 0);
      REQUIRE(at < source[static_cast<size_t>(s)]);
      flat += at * strides[static_cast<size_t>(s)];
    }
    result.push_back(flat);
  }
  return result;
}

AffineView random_view(const Shape& shape, std::mt19937& random) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const int rank = static_cast<int>(shape.size());
  switch (rank == 0 ? 3 : below(5)) {
    case 0: {
      const int axis = below(rank);
      const int64_t extent = shape[static_cast<size_t>(axis)];
      const int64_t step = 1 + below(2), count = (extent + step - 1) / step;
      return below(2) ? AffineView::slice(shape, axis, extent - 1, -step, count)
                      : AffineView::slice(shape, axis, 0, step, count);
    }
    case 1:
      return AffineView::pick(shape, below(rank), 0);
    case 2: {
      std::vector<int> order(static_cast<size_t>(rank));
      std::iota(order.begin(), order.end(), 0);
      std::shuffle(order.begin(), order.end(), random);
      return AffineView::transpose(shape, order);
    }
    case 3:
      return AffineView::new_axis(shape, below(rank + 1));
    default: {
      Shape target = shape;
      target.insert(target.begin(), 2);
      return AffineView::broadcast(shape, target);
    }
  }
}

}  // namespace

TEST_CASE("composed views visit what their parts visit one after the other") {
  std::mt19937 random(7);
  for (int trial = 0; trial < 300; ++trial) {
    const Shape source = {3, 4, 2};
    AffineView total = AffineView::identity(source);
    std::vector<int64_t> expected = gather(total, source);
    for (int step = 0; step < 4 && total.shape.size() < 6; ++step) {
      const AffineView next = random_view(total.shape, random);
      const std::vector<int64_t> positions = gather(next, total.shape);
      std::vector<int64_t> moved;
      for (const int64_t position : positions) moved.push_back(expected[static_cast<size_t>(position)]);
      total = compose(next, total);
      expected = moved;
      REQUIRE(gather(total, source) == expected);
    }
  }
}

TEST_CASE("broadcasting") {
  CHECK(broadcast_shapes({3, 1}, {4}) == Shape{3, 4});
  CHECK(broadcast_shapes({}, {2, 0}) == Shape{2, 0});
  CHECK_THROWS_WITH_AS(broadcast_shapes({3}, {4}), "shapes (3,) and (4,) do not broadcast together", Error);
  CHECK(gather(AffineView::broadcast({3}, {2, 3}), {3}) == std::vector<int64_t>{0, 1, 2, 0, 1, 2});
}

TEST_CASE("axes") {
  CHECK(normalise_axis(-1, 3) == 2);
  CHECK_THROWS_WITH_AS(normalise_axis(3, 3), "axis 3 is out of range for an array of 3 dimensions", Error);
  CHECK_THROWS_AS(normalise_axis(-2, 1), Error);
}

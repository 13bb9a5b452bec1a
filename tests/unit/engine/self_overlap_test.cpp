// Self-overlap against the definition: the bytes of every element, marked one by one.
#include "engine/base/self_overlap.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <set>

using namespace fuseval;
using namespace fuseval::engine;

namespace {

int64_t offset_of(const ArrayLayout& layout, const Shape& index) {
  int64_t offset = 0;
  for (size_t k = 0; k < index.size(); ++k) offset += index[k] * layout.strides[k];
  return offset;
}

bool next(Shape& index, const Shape& shape) {
  for (size_t k = shape.size(); k-- > 0; index[k] = 0)
    if (++index[k] < shape[k]) return true;
  return false;
}

bool shares_a_byte(const ArrayLayout& layout, int64_t itemsize) {
  std::set<int64_t> bytes;
  Shape index(layout.shape.size(), 0);
  do {
    for (int64_t k = 0; k < itemsize; ++k)
      if (!bytes.insert(offset_of(layout, index) + k).second) return true;
  } while (next(index, layout.shape));
  return false;
}

void check(const ArrayLayout& layout, int64_t itemsize) {
  CAPTURE(to_string(layout.shape));
  CAPTURE(to_string(layout.strides));
  CAPTURE(itemsize);
  const SelfOverlap found = self_overlap(layout, itemsize);
  REQUIRE(found.answer == (shares_a_byte(layout, itemsize) ? SelfOverlap::yes : SelfOverlap::no));
  if (found.answer == SelfOverlap::no) return;
  CHECK(found.first != found.second);
  for (const Shape& index : {found.first, found.second})
    for (size_t k = 0; k < index.size(); ++k) CHECK((index[k] >= 0 && index[k] < layout.shape[k]));
  CHECK(std::abs(offset_of(layout, found.first) - offset_of(layout, found.second)) < itemsize);
}

}  // namespace

TEST_CASE("self-overlap of small layouts is what marking their bytes says") {
  std::mt19937_64 random(20261121);
  const auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  for (int k = 0; k < 20'000; ++k) {
    const int64_t itemsize = int64_t{1} << below(4);
    ArrayLayout layout;
    for (int64_t rank = below(5); rank-- > 0;) {
      layout.shape.push_back(1 + below(5));
      const int64_t unit = below(4) == 0 ? 1 : itemsize;  // some strides are no multiples of the element
      layout.strides.push_back((below(41) - 20) * unit);
    }
    check(layout, itemsize);
  }
}

TEST_CASE("self-overlap of what slicing makes is decided at once, however large") {
  // Two steps an axis are enough: nothing is searched.
  const auto answer = [](const ArrayLayout& layout) {
    return self_overlap(layout, 8, 2 * static_cast<int64_t>(layout.shape.size())).answer;
  };
  const int64_t n = int64_t{1} << 16;
  CHECK(answer({{n, n, n}, {8 * n * n, 8 * n, 8}}) == SelfOverlap::no);
  CHECK(answer({{n, n, n}, {8, 8 * n, 8 * n * n}}) == SelfOverlap::no);
  CHECK(answer({{n, n, n / 2}, {-8 * n * n, -8 * n, 16}}) == SelfOverlap::no);
  CHECK(answer({{n, 1, n}, {8 * n, 0, 8}}) == SelfOverlap::no);
  CHECK(answer({{0, n}, {0, 0}}) == SelfOverlap::no);
  CHECK(answer({{}, {}}) == SelfOverlap::no);
  CHECK(answer({{n, 2}, {8, 0}}) == SelfOverlap::yes);
}

TEST_CASE("self-overlap says when it has not searched to the end") {
  // Powers of 3: with differences of up to 2 the lowest that is not 0 is no multiple of the next; with 3 one is.
  ArrayLayout layout;
  for (int64_t k = 0, stride = 1; k < 12; ++k, stride *= 3) {
    layout.shape.push_back(3);
    layout.strides.push_back(stride);
  }
  CHECK(self_overlap(layout, 1).answer == SelfOverlap::no);
  layout.shape.assign(12, 4);
  CHECK(self_overlap(layout, 1).answer == SelfOverlap::yes);
  CHECK(self_overlap(layout, 1, 5).answer == SelfOverlap::undecided);
}

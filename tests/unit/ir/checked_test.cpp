// Sizes that cannot wrap, and the two rules that plain arithmetic behind them relies on.
#include "ir/checked.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "ir/collapse.hpp"
#include "ir/graph.hpp"
#include "ir/layout.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;

namespace {

constexpr int64_t most = INT64_MAX;

bool overflows(const std::function<void()>& f) { return thrown(f).code() == ErrorCode::memory; }

}  // namespace

TEST_CASE("checked arithmetic throws where plain arithmetic would wrap") {
  CHECK(checked_add<int64_t>(most - 1, 1) == most);
  CHECK(overflows([] { checked_add<int64_t>(most, 1); }));
  CHECK(overflows([] { checked_add<int64_t>(INT64_MIN, -1); }));
  CHECK(overflows([] { checked_add<size_t>(SIZE_MAX, 1); }));
  CHECK(checked_add<size_t>(SIZE_MAX - 1, 1) == SIZE_MAX);
  CHECK(checked_multiply<int64_t>(int64_t{1} << 31, int64_t{1} << 31) == int64_t{1} << 62);
  CHECK(overflows([] { checked_multiply<int64_t>(int64_t{1} << 32, int64_t{1} << 31); }));
  CHECK(overflows([] { checked_multiply<int64_t>(INT64_MIN, -1); }));
  CHECK(overflows([] { checked_multiply<size_t>(size_t{1} << 32, size_t{1} << 32); }));
  CHECK(checked_round_up<int64_t>(0, 64) == 0);
  CHECK(checked_round_up<int64_t>(1, 64) == 64);
  CHECK(checked_round_up<int64_t>(64, 64) == 64);
  CHECK(overflows([] { checked_round_up<int64_t>(most - 62, 64); }));
  CHECK(overflows([] { checked_round_up<size_t>(SIZE_MAX - 62, 64); }));
}

TEST_CASE("capped arithmetic stays at the largest number") {
  CHECK(capped_add<int64_t>(most - 1, 1) == most);
  CHECK(capped_add<int64_t>(most, most) == most);
  CHECK(capped_multiply<int64_t>(int64_t{1} << 40, int64_t{1} << 40) == most);
  CHECK(capped_multiply<size_t>(size_t{1} << 40, size_t{1} << 40) == SIZE_MAX);
  CHECK(capped_multiply<int64_t>(0, most) == 0);
  CHECK(is_product(12, 3, 4));
  CHECK(!is_product(0, int64_t{1} << 32, int64_t{1} << 32));
  CHECK(!is_product(INT64_MIN, INT64_MIN, -1));
}

TEST_CASE("a shape has most_elements at most, and extents of 0 do not excuse the others") {
  const int64_t large = int64_t{1} << 28;
  CHECK(element_count({large, large}) == most_elements);
  CHECK(element_count({large, 0, large}) == 0);
  CHECK(element_count({}) == 1);
  for (const Shape& shape : {Shape{large, large, 2}, Shape{large, large, 0, 2}, Shape{0, large, large, 2}, Shape{most},
                             Shape{most, 0}, Shape{most, most, most}, Shape{most_elements + 1}})
    CHECK(overflows([&] { element_count(shape); }));
  CHECK(overflows([&] { Graph().index({large, large, 0, 2}, 0); }));
  CHECK(c_strides({large, 0, large}, 16) == std::vector<int64_t>{16 * large, 16 * large, 16});
  CHECK(overflows([&] { c_strides({most, most, 0}, 8); }));
}

TEST_CASE("an array lies within farthest_byte of its data pointer") {
  const auto extent = [](const ArrayLayout& layout) { return extent_of(layout, 8); };
  const auto reach = extent({{3, 1, 5}, {-100, INT64_MIN, 8}});
  REQUIRE(reach);
  CHECK(reach->begin == -200);
  CHECK(reach->end == 40);
  CHECK(extent({{2}, {farthest_byte - 8}})->end == farthest_byte);
  CHECK(!extent({{2}, {farthest_byte - 7}}));
  CHECK(extent({{2}, {-farthest_byte}})->begin == -farthest_byte);
  CHECK(!extent({{2}, {-farthest_byte - 1}}));
  CHECK(!extent({{2}, {INT64_MIN}}));
  CHECK(!extent({{3}, {INT64_MAX}}));
  CHECK(!extent({{int64_t{1} << 40, int64_t{1} << 40}, {int64_t{1} << 40, int64_t{1} << 40}}));
  CHECK(!extent({{2, 2, 2}, {farthest_byte / 2, farthest_byte / 2, 8}}));
  CHECK(extent({{2, 0}, {INT64_MIN, INT64_MAX}})->end == 0);
}

TEST_CASE("axes that do not move have strides of C order in a plan") {
  CHECK(settled({{3, 1, 5}, {-100, INT64_MIN, 16}}, 8).strides == std::vector<int64_t>{-100, 40, 16});
  CHECK(settled({{3, 0, 5}, {INT64_MAX, INT64_MIN, 16}}, 8).strides == std::vector<int64_t>{40, 40, 8});
  CHECK(settled({{}, {}}, 8).strides.empty());
}

TEST_CASE("axes with absurd strides are not merged, and have an order") {
  LoopNest nest;
  nest.axes = {{int64_t{1} << 31, AxisKind::parallel}, {8, AxisKind::parallel}, {2, AxisKind::parallel}};
  nest.operands = {{OperandKind::load, DType::float64, 0, 0, {8, 2131761570340405248, INT64_MIN}, false},
                   {OperandKind::store, DType::float64, 1, 0, {INT64_MIN, INT64_MAX, 8}, false}};
  collapse(nest);
  CHECK(nest.axes.size() == 3);
}

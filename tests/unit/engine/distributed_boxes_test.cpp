#include <doctest/doctest.h>

#include "tests/unit/engine/box_trial.hpp"
#include "tests/unit/thrown.hpp"

using namespace distributed_test;
using runtime::distributed::Communicator;
using runtime::distributed::run_ranks;

TEST_CASE("box exchanges: random boxes, layouts and memory, on 1 to 7 ranks") {
  for (int ranks = 1; ranks <= 7; ++ranks)
    for (uint64_t seed = 0; seed < 40; ++seed) {
      CAPTURE(ranks);
      CAPTURE(seed);
      const auto trial = [&](const auto& world) {
        check_boxes(*world, seed, [](auto&& step, const auto&) { step(); });
      };
      on_ranks(ranks, trial, seed, seed % 3 == 0 ? 13 : size_t{1} << 30);
    }
}

TEST_CASE("box exchanges: traffic is known without ranks, and its two ends agree") {
  Random random(5);
  for (int trial = 0; trial < 100; ++trial) {
    const int ranks = static_cast<int>(pick(random, 1, 9));
    const std::vector<Array> arrays = {random_array(random, ranks), random_array(random, ranks)};
    BoxExchange::Traffic all;
    for (int rank = 0; rank < ranks; ++rank) {
      const BoxExchange::Traffic traffic = traffic_of(transfers_of(arrays), rank);
      CHECK(same(traffic, traffic_by_elements(arrays, rank)));
      all.messages_sent += traffic.messages_sent - traffic.messages_received;
      all.bytes_sent += traffic.bytes_sent - traffic.bytes_received;
    }
    CHECK(all.messages_sent == 0);
    CHECK(all.bytes_sent == 0);
  }
  CHECK(same(traffic_of({}, 0), {}));
}

TEST_CASE("box exchanges: a halo is two messages a neighbour, however many ranks there are") {
  const int ranks = 1000;
  const Shape shape = {8000, 100};
  BoxTransfer halo{8, boxes_of(even_layout(shape, 0, ranks), shape, ranks), {}};
  for (Box box : halo.held) {
    box.lower[0] = std::max<int64_t>(0, box.lower[0] - 1);
    box.upper[0] = std::min<int64_t>(shape[0], box.upper[0] + 1);
    halo.needed.push_back(box);
  }
  for (const int rank : {0, 1, 500, 999}) {
    const int neighbours = rank == 0 || rank == 999 ? 1 : 2;
    const BoxExchange::Traffic traffic = traffic_of(std::span(&halo, 1), rank);
    CHECK(traffic.messages_sent == neighbours);
    CHECK(traffic.messages_received == neighbours);
    CHECK(traffic.bytes_sent == neighbours * (100 * 8 + 8));
  }
}

TEST_CASE("box exchanges: two in flight at once do not meet") {
  for (const uint64_t seed : {0, 1, 2})
    run_ranks(3,
              [](const auto& transport) {
                Communicator communicator(transport);
                const auto me = static_cast<size_t>(communicator.rank());
                const Shape shape = {3};
                // Everybody's element to all.
                const BoxTransfer spread{8, boxes_of(even_layout(shape, 0, 3), shape, 3), {3, Box::whole(shape)}};
                HostBoxes host;
                BoxExchange first(communicator, {spread}, "first", host);
                BoxExchange second(communicator, {spread}, "second", host);
                int64_t mine[] = {static_cast<int64_t>(me) + 10, static_cast<int64_t>(me) + 20}, all[2][3] = {};
                const auto memory = [](int64_t* data) { return BoxMemory{reinterpret_cast<char*>(data), {8}}; };
                const std::array from = {memory(mine), memory(mine + 1)}, to = {memory(all[0]), memory(all[1])};
                const auto start = [&](BoxExchange& exchange, size_t k) {
                  exchange.pack(std::span(&from[k], 1));
                  exchange.post(0);
                  exchange.copy_own(std::span(&from[k], 1), std::span(&to[k], 1));
                };
                const auto finish = [&](BoxExchange& exchange, size_t k) {
                  exchange.wait();
                  exchange.unpack(std::span(&to[k], 1));
                };
                start(first, 0);
                start(second, 1);
                finish(second, 1);
                finish(first, 0);
                for (int64_t k = 0; k < 3; ++k) {
                  CHECK(all[0][k] == 10 + k);
                  CHECK(all[1][k] == 20 + k);
                }
              },
              {seed});
}

TEST_CASE("box exchanges: wrong use") {
  run_ranks(1, [](const auto& transport) {
    Communicator communicator(transport);
    const BoxTransfer one{8, {Box::whole({3})}, {Box::whole({3})}};
    BoxTransfer two = one;
    two.needed.push_back(Box::whole({3}));
    HostBoxes host;
    CHECK(thrown([&] { BoxExchange(communicator, {two}, "test", host); }).message() ==
          "an exchange between 1 ranks needs a held and a needed box of each");
    int64_t from[3] = {1, 2, 3}, to[3] = {};
    const BoxMemory source{reinterpret_cast<char*>(from), {8}}, target{reinterpret_cast<char*>(to), {8}};
    BoxExchange exchange(communicator, {one}, "test", host);
    CHECK(thrown([&] { exchange.pack({}); }).code() == ErrorCode::argument);
    CHECK(thrown([&] { exchange.copy_own(std::span(&source, 1), {}); }).code() == ErrorCode::argument);
    CHECK(thrown([&] { exchange.unpack({}); }).code() == ErrorCode::argument);
    exchange.pack(std::span(&source, 1));
    exchange.post(4);
    CHECK(thrown([&] { exchange.pack(std::span(&source, 1)); }).message() ==
          "an exchange between ranks was started twice");
    CHECK(exchange.wait() == 4);
    exchange.run(std::span(&source, 1), std::span(&target, 1));
    CHECK(to[2] == 3);
    const BoxTransfer huge{16, {Box::whole({INT64_MAX})}, {Box::whole({INT64_MAX})}};
    CHECK(thrown([&] { BoxExchange(communicator, {huge}, "test", host); }).code() == ErrorCode::memory);
  });
}

TEST_CASE("boxes: intersections and hulls, index by index") {
  Random random(1);
  for (int trial = 0; trial < 2000; ++trial) {
    const Shape shape = random_shape(random, pick(random, 0, 3));
    const Box a = random_box(random, shape), b = random_box(random, shape), common = intersection(a, b);
    const auto holds = [](const Box& box, const std::vector<int64_t>& index) {
      for (size_t k = 0; k < index.size(); ++k)
        if (index[k] < box.lower[k] || index[k] >= box.upper[k]) return false;
      return true;
    };
    int64_t in_both = 0, in_a = 0;
    for_each(Box::whole(shape), [&](const auto& index) {
      in_a += holds(a, index);
      const bool both = holds(a, index) && holds(b, index);
      in_both += both;
      CHECK(holds(common, index) == both);
      if (holds(a, index) || holds(b, index)) CHECK(holds(hull(a, b), index));
    });
    CHECK(a.count() == in_a);
    CHECK(a.is_empty() == (in_a == 0));
    CHECK(element_count(a.shape()) == in_a);
    CHECK(common.count() == in_both);
    CHECK(have_common(a, b) == (in_both > 0));
    CHECK(hull(a, b).contains(a));
    CHECK(hull(a, b).contains(b));
    CHECK(a.contains(b) == (b.is_empty() || common == b));
  }
  CHECK(describe(Box{{2, 0}, {5, 7}}) == "[2:5, 0:7]");
  CHECK(describe(Box{}) == "[]");
}

TEST_CASE("boxes: the smallest one with a range of elements") {
  for (const Shape& shape : {Shape{}, Shape{7}, Shape{3, 4}, Shape{2, 3, 4}, Shape{3, 1, 2}, Shape{1, 1, 5}}) {
    std::vector<std::vector<int64_t>> indices;
    for_each(Box::whole(shape), [&](const auto& index) { indices.push_back(index); });
    const auto count = static_cast<int64_t>(indices.size());
    for (int64_t first = 0; first <= count; ++first)
      for (int64_t last = first; last <= count; ++last) {
        Box smallest = Box::empty(shape.size());
        for (int64_t k = first; k < last; ++k) {
          Box one{indices[static_cast<size_t>(k)], indices[static_cast<size_t>(k)]};
          for (int64_t& upper : one.upper) ++upper;
          smallest = k == first ? one : hull(smallest, one);
        }
        CAPTURE(first);
        CAPTURE(last);
        CHECK(box_of_range(shape, first, last) == smallest);
      }
  }
  CHECK(box_of_range({0, 3}, 0, 0).is_empty());
}

TEST_CASE("layouts: blocks are disjoint, and all of the array") {
  Random random(2);
  for (int trial = 0; trial < 500; ++trial) {
    const int ranks = static_cast<int>(pick(random, 1, 9));
    const Shape shape = random_shape(random, pick(random, 1, 3));
    const Layout layout = random_layout(random, shape, ranks);
    check_layout(layout, shape, ranks);
    std::vector<int> holders(static_cast<size_t>(element_count(shape)), 0);
    for (const Box& box : boxes_of(layout, shape, ranks))
      for_each(box, [&](const auto& index) { ++holders[static_cast<size_t>(flat(shape, index))]; });
    CHECK(std::count(holders.begin(), holders.end(), 1) == static_cast<int64_t>(holders.size()));
    const Layout even = even_layout(shape, layout.axis, ranks);
    check_layout(even, shape, ranks);
    for (int rank = 0; rank + 1 < ranks; ++rank) {
      const auto length = [&](int r) {
        return even.offsets[static_cast<size_t>(r) + 1] - even.offsets[static_cast<size_t>(r)];
      };
      CHECK(length(rank) - length(rank + 1) >= 0);
      CHECK(length(0) - length(rank + 1) <= 1);
    }
    CHECK(Layout{}.box_of(shape, ranks - 1) == Box::whole(shape));
  }
}

TEST_CASE("layouts: what is refused, and how they are told") {
  const auto refused = [](const Layout& layout) { return thrown([&] { check_layout(layout, {5, 6}, 2); }).message(); };
  CHECK(refused({2, {0, 1, 6}}) == "axis 2 is out of bounds for a distributed array of shape (5, 6)");
  CHECK(refused({1, {0, 6}}) == "2 ranks need 3 offsets, not 2");
  CHECK(refused({1, {0, 1, 5}}) == "offsets go from 0 to the axis's extent 6, not from 0 to 5");
  CHECK(refused({1, {1, 1, 6}}) == "offsets go from 0 to the axis's extent 6, not from 1 to 6");
  CHECK(refused({1, {0, 7, 6}}) == "offsets may not fall: 6 comes after 7");
  CHECK(refused({1, {0, 0, 6}}) == "no error");
  CHECK(refused({}) == "no error");
  CHECK(describe(Layout{}, {5}) == "Replicated");
  CHECK(describe(even_layout({5, 7}, 1, 3), {5, 7}) == "Block(axis 1, even)");
  CHECK(describe({0, {0, 5, 7, 9}}, {9}) == "Block(axis 0, offsets 0 5 7 9)");
  Layout many{0, {}};
  for (int64_t k = 0; k <= 20; ++k) many.offsets.push_back(k * k);
  CHECK(describe(many, {400}) == "Block(axis 0, offsets 0 1 4 9 … 289 324 361 400)");
}

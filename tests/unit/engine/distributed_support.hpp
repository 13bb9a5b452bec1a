// What tests of distributed arrays share: random shapes, layouts and boxes, arrays with strides of any kind, ranks.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "engine/plan/results.hpp"
#include "engine/plan/session.hpp"
#include "engine/world/layout.hpp"
#include "engine/world/world.hpp"
#include "fuseval/fuseval.h"
#include "runtime/distributed/thread_transport.hpp"
#include "tests/unit/thrown.hpp"

namespace distributed_test {

using namespace fuseval;
using namespace fuseval::engine;

using Random = std::mt19937_64;

inline int64_t pick(Random& random, int64_t lowest, int64_t highest) {
  return lowest + static_cast<int64_t>(random() % static_cast<uint64_t>(highest - lowest + 1));
}

inline Shape random_shape(Random& random, int64_t rank) {
  Shape shape;
  for (int64_t k = 0; k < rank; ++k) shape.push_back(pick(random, 0, 9));
  return shape;
}

/// Uneven, and often with empty blocks.
inline Layout random_layout(Random& random, const Shape& shape, int ranks) {
  const int axis = static_cast<int>(pick(random, 0, static_cast<int64_t>(shape.size()) - 1));
  if (random() % 4 == 0) return even_layout(shape, axis, ranks);
  const int64_t extent = shape[static_cast<size_t>(axis)];
  Layout layout{axis, {0, extent}};
  for (int k = 1; k < ranks; ++k) layout.offsets.push_back(pick(random, 0, extent));
  std::sort(layout.offsets.begin(), layout.offsets.end());
  return layout;
}

inline Box random_box(Random& random, const Shape& shape) {
  Box box;
  for (const int64_t extent : shape) {
    box.lower.push_back(pick(random, 0, extent));
    box.upper.push_back(pick(random, 0, extent));
  }
  return box;
}

inline std::vector<Box> boxes_of(const Layout& layout, const Shape& shape, int ranks) {
  std::vector<Box> boxes;
  for (int rank = 0; rank < ranks; ++rank) boxes.push_back(layout.box_of(shape, rank));
  return boxes;
}

/// Calls f(index) for all indices of a box, in C order.
template <class F>
void for_each(const Box& box, F&& f) {
  if (box.is_empty()) return;
  std::vector<int64_t> index = box.lower;
  while (true) {
    f(index);
    size_t k = index.size();
    while (k > 0 && ++index[k - 1] == box.upper[k - 1]) index[k - 1] = box.lower[k - 1], --k;
    if (k == 0) return;
  }
}

inline int64_t flat(const Shape& shape, const std::vector<int64_t>& index) {
  int64_t number = 0;
  for (size_t k = 0; k < shape.size(); ++k) number = number * shape[k] + index[k];
  return number;
}

/// Strides for a shape with its axes in any order, gaps between them, some from back to front.
struct RandomStrides {
  std::vector<int64_t> strides;
  int64_t begin = 0;  ///< bytes from the memory's first to the element of index 0
  int64_t bytes = 0;

  RandomStrides(Random& random, const Shape& shape, int64_t itemsize) : strides(shape.size()) {
    std::vector<size_t> order(shape.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    int64_t step = itemsize;
    for (const size_t k : order) {
      step *= pick(random, 1, 2);
      strides[k] = random() % 3 == 0 ? -step : step;
      if (strides[k] < 0) begin += step * std::max<int64_t>(0, shape[k] - 1);
      step *= std::max<int64_t>(1, shape[k]);
    }
    bytes = step;
  }
};

/// A global array's elements in C order: bytes of any kind.
struct GlobalArray {
  DType dtype;
  Shape shape;
  std::vector<char> bytes;

  GlobalArray(Random& random, DType type, const Shape& extents) : dtype(type), shape(extents) {
    bytes.resize(static_cast<size_t>(element_count(shape) * size_of(dtype)));
    for (char& byte : bytes) byte = static_cast<char>(random());
  }
  /// The elements of a box in C order.
  std::vector<char> part(const Box& box) const {
    std::vector<char> result;
    for_each(box, [&](const auto& index) {
      const char* const at = bytes.data() + flat(shape, index) * size_of(dtype);
      result.insert(result.end(), at, at + size_of(dtype));
    });
    return result;
  }
};

/// A view of a part, in memory of random strides.
class PartView {
 public:
  PartView(Random& random, const GlobalArray& global, const Box& box)
      : shape_(box.shape()),
        layout_(random, shape_, size_of(global.dtype)),
        memory_(static_cast<size_t>(layout_.bytes)) {
    const std::vector<char> elements = global.part(box);
    const auto itemsize = static_cast<size_t>(size_of(global.dtype));
    size_t next = 0;
    for_each(Box::whole(shape_), [&](const auto& index) {
      char* at = memory_.data() + layout_.begin;
      for (size_t k = 0; k < index.size(); ++k) at += index[k] * layout_.strides[k];
      std::memcpy(at, elements.data() + next, itemsize);
      next += itemsize;
    });
    view_ = {memory_.data() + layout_.begin,
             static_cast<int32_t>(global.dtype),
             static_cast<int32_t>(shape_.size()),
             shape_.data(),
             layout_.strides.data(),
             FV_DEVICE_CPU,
             0,
             FV_VIEW_READONLY};
  }
  PartView(const PartView&) = delete;
  const fv_view* view() const { return &view_; }

 private:
  Shape shape_;
  RandomStrides layout_;
  std::vector<char> memory_;
  fv_view view_;
};

/// Elements of an array in C order.
inline std::vector<char> contents(const Result& array) {
  std::vector<char> bytes;
  for_each(Box::whole(array.shape), [&](const auto& index) {
    const char* at = array.data;
    for (size_t k = 0; k < index.size(); ++k) at += index[k] * array.strides[k];
    bytes.insert(bytes.end(), at, at + size_of(array.dtype));
  });
  return bytes;
}

/// The function on ranks that are threads, each with a world.
template <class F>
void on_ranks(int count, F&& f, uint64_t seed = 0, size_t largest_message = size_t{1} << 30) {
  runtime::distributed::CommunicatorSettings settings;
  settings.largest_message = largest_message;
  settings.watchdog_seconds = 60;
  runtime::distributed::run_ranks(
      count, [&](const auto& transport) { f(std::make_shared<World>(transport, settings)); }, {seed});
}

inline Session session_of(size_t memory_limit = SIZE_MAX) {
  SessionOptions options;
  options.threads = 1;
  options.memory_limit = memory_limit;
  return Session(options);
}

/// The error of each rank must be this one; and the world goes on.
template <class F>
void check_same_error(int ranks, F&& f, ErrorCode code, const std::string& message) {
  on_ranks(ranks, [&](const std::shared_ptr<World>& world) {
    const Error error = thrown([&] { f(world); });
    CHECK(error.code() == code);
    CHECK(error.message() == message);
    world->communicator().barrier();
  });
}

}  // namespace distributed_test

// Kernels that run tile by tile: the same bits as one after another and as the naive canonical order, for any tile,
// layout and number of threads; and one launch where rows are small enough.
#include <doctest/doctest.h>

#include <chrono>

#include "canonical_reference.hpp"
#include "limited_engine.hpp"
#include "support.hpp"

using namespace engine_test;

namespace {

constexpr const char* softmax =
    "exp(a - max(a, axis=1, keepdims=True)) / sum(exp(a - max(a, axis=1, keepdims=True)), axis=1, keepdims=True)";

/// Rows of any size, and as few of them in a tile as its cache lines allow.
constexpr Limits smallest_tiles{.tile_bytes = 1, .row_bytes = 1 << 30, .threads = 1};
constexpr Limits no_tiles{.tile_bytes = 1, .row_bytes = 0, .threads = 1};
constexpr Limits one_tile{.tile_bytes = 1 << 30, .row_bytes = 1 << 30, .threads = 1};

struct Engine : LimitedEngine {
  using LimitedEngine::LimitedEngine;

  template <class T>
  std::vector<T> run(const std::string& text, const fuseval::View& a) {
    const std::vector<char> bytes = run_bytes(text, a.raw());
    std::vector<T> elements(bytes.size() / sizeof(T));
    if (!bytes.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
    return elements;
  }
  std::string plan(const std::string& text, const fuseval::View& a) const { return LimitedEngine::plan(text, a.raw()); }
};

template <class T>
bool same_elements(const std::vector<T>& got, const std::vector<T>& expected) {
  return got.size() == expected.size() && first_difference(got.data(), expected.data(), got.size()) == -1;
}

/// By row of a matrix.
template <class T, class F>
std::vector<T> each_row(const std::vector<T>& values, const Shape& shape, F&& f) {
  const auto columns = static_cast<std::size_t>(shape[1]);
  std::vector<T> result;
  for (std::size_t r = 0; r < static_cast<std::size_t>(shape[0]); ++r)
    for (const T x : f(std::vector<T>(values.begin() + static_cast<std::ptrdiff_t>(r * columns),
                                      values.begin() + static_cast<std::ptrdiff_t>((r + 1) * columns))))
      result.push_back(x);
  return result;
}

template <class T>
std::vector<T> transposed(const std::vector<T>& values, const Shape& shape) {
  std::vector<T> result;
  for (std::int64_t c = 0; c < shape[1]; ++c)
    for (std::int64_t r = 0; r < shape[0]; ++r) result.push_back(values[static_cast<std::size_t>(r * shape[1] + c)]);
  return result;
}

template <class T>
std::vector<T> without_mean(std::vector<T> row, Order order) {
  const T mean = canonical_mean(row, order);
  for (T& x : row) x -= mean;
  return row;
}

template <class T>
std::vector<T> normalised(std::vector<T> row, Order order) {
  std::vector<T> squares;
  for (const T x : row) squares.push_back(x * x);
  const T length = std::sqrt(canonical_sum(squares, order));
  for (T& x : row) x /= length;
  return row;
}

template <class T>
void check_against_canonical_order(Layout layout, const Shape& shape) {
  CAPTURE(name_of(layout));
  CAPTURE(shape[0]);
  CAPTURE(shape[1]);
  const Array<T> a(rough_numbers<T>(static_cast<std::size_t>(count_of(shape))), shape, layout);
  const auto same = [&](const char* text, const std::vector<T>& expected) {
    CAPTURE(std::string(text));
    for (const Limits& limits : {smallest_tiles, one_tile})
      CHECK(same_elements(Engine(limits).run<T>(text, a.view()), expected));
  };
  const Shape turned = {shape[1], shape[0]};
  same("a - mean(a, axis=1, keepdims=True)",
       each_row(a.values(), shape, [](auto row) { return without_mean(std::move(row), Order::lanes); }));
  same("a / sqrt(sum(a*a, axis=1, keepdims=True))",
       each_row(a.values(), shape, [](auto row) { return normalised(std::move(row), Order::lanes); }));
  same("a - mean(a, axis=0)", transposed(each_row(transposed(a.values(), shape), turned,
                                                  [](auto row) { return without_mean(std::move(row), Order::serial); }),
                                         turned));
}

}  // namespace

TEST_CASE("chains give the bits of the canonical order in every layout") {
  for (const Layout layout : all_layouts)
    for (const Shape& shape : {Shape{40, 300}, Shape{9, 1100}, Shape{1, 50}, Shape{50, 1}, Shape{3, 2}}) {
      check_against_canonical_order<double>(layout, shape);
      check_against_canonical_order<float>(layout, shape);
    }
}

TEST_CASE("chains give the bits of kernels one after another, for any number of threads") {
  const char* texts[] = {
      softmax,
      "exp(a - max(a, axis=0)) / sum(exp(a - max(a, axis=0)), axis=0)",
      "(a - mean(a, axis=1, keepdims=True)) / sqrt(var(a, axis=1, keepdims=True) + 0.001)",
      "mean((a - mean(a, axis=1, keepdims=True))**2, axis=1)",
      "log(sum(exp(a - max(a, axis=1, keepdims=True)), axis=1)) + max(a, axis=1)",
      "a - mean(a, axis=0)",
      "a.T - mean(a, axis=1)",
      "a[::-1, ::-2] / sum(a[::-1], axis=1, keepdims=True)",
      "argmax(a, axis=1, keepdims=True) - a",
  };
  for (const char* text : texts)
    for (const Layout layout : all_layouts) {
      CAPTURE(std::string(text));
      CAPTURE(name_of(layout));
      const Array<double> a(near_one<double>(60 * 700), {60, 700}, layout);
      Engine apart(no_tiles);
      const auto expected = apart.run<double>(text, a.view());
      for (const int threads : {1, 2, 3, 7}) {
        CAPTURE(threads);
        Engine engine(smallest_tiles, threads);
        CHECK(same_elements(engine.run<double>(text, a.view()), expected));
        CHECK(engine.launches == 1);
        CHECK(engine.kernels == apart.kernels);
        CHECK(apart.launches == apart.kernels);
      }
    }
}

TEST_CASE("chains over several shared axes, and middle ones") {
  const char* texts[] = {"a - mean(a, axis=2, keepdims=True)", "a - mean(a, axis=1, keepdims=True)",
                         "a - mean(a, axis=0)", "a - mean(a, axis=(0, 2), keepdims=True)",
                         "a[:, :, ::2] - mean(a[:, :, ::2], axis=2, keepdims=True)"};
  for (const char* text : texts)
    for (const Layout layout : all_layouts) {
      CAPTURE(std::string(text));
      CAPTURE(name_of(layout));
      const Array<float> a(rough_numbers<float>(6 * 40 * 150), {6, 40, 150}, layout);
      const auto expected = Engine(no_tiles).run<float>(text, a.view());
      for (const int threads : {1, 3}) {
        // More threads than there are indices of the first axis: tiles are taken of the second.
        Limits limits = smallest_tiles;
        limits.threads = threads == 1 ? 1 : 20;
        Engine engine(limits, threads);
        CHECK(same_elements(engine.run<float>(text, a.view()), expected));
      }
    }
}

TEST_CASE("chains of empty arrays") {
  for (const Shape& shape : {Shape{0, 5}, Shape{5, 0}, Shape{0, 0}}) {
    CAPTURE(shape[0]);
    CAPTURE(shape[1]);
    const Array<double> a({}, shape, Layout::contiguous);
    for (const Limits& limits : {no_tiles, smallest_tiles, one_tile}) {
      CHECK(Engine(limits).run<double>("a - sum(a, axis=1, keepdims=True)", a.view()).empty());
      CHECK(Engine(limits).run<double>("a - sum(a, axis=0)", a.view()).empty());
      const auto rows = Engine(limits).run<double>("sum(a - mean(a, axis=1, keepdims=True), axis=1)", a.view());
      CHECK(rows == std::vector<double>(static_cast<std::size_t>(shape[0]), 0.0));
    }
  }
}

TEST_CASE("one launch while the smallest tile fits, and every kernel by itself beyond") {
  const Array<double> a(rough_numbers<double>(50 * 1000), {50, 1000}, Layout::contiguous);
  // Two rows of 8000 bytes, in and out, one sum; each run of neighbouring elements with one more cache line.
  const std::int64_t row = 8064 + 8064 + 72;
  const char* text = "a - mean(a, axis=1, keepdims=True)";
  Engine fits({.tile_bytes = 1, .row_bytes = row, .threads = 1});
  fits.run<double>(text, a.view());
  CHECK(fits.launches == 1);
  CHECK(fits.kernels == 2);
  CHECK(fits.tasks == 50);
  Engine too_large({.tile_bytes = 1, .row_bytes = row - 1, .threads = 1});
  too_large.run<double>(text, a.view());
  CHECK(too_large.launches == 2);
  CHECK(too_large.kernels == 2);
  CHECK(contains(fits.plan(text, a.view()),
                 "chain of kernels 0 to 1: 50 rows, in tiles of 1 or fewer; the smallest tile "
                 "takes 16200 of at most 16200 bytes"));
  CHECK(contains(fits.plan(text, a.view()), "800000 bytes moved, 0 bytes of temporaries"));
  CHECK(contains(too_large.plan(text, a.view()),
                 "chain of kernels 0 to 1: 50 rows, not tiled: the smallest tile takes "
                 "16200 of at most 16199 bytes"));
}

TEST_CASE("fewer rows than threads are not tiled, unless everything is small") {
  const Array<double> a(rough_numbers<double>(3 * 5000), {3, 5000}, Layout::contiguous);
  const char* text = "a - mean(a, axis=1, keepdims=True)";
  Engine few({.tile_bytes = 1, .row_bytes = 1 << 30, .threads = 4});
  few.run<double>(text, a.view());
  CHECK(few.launches == 2);
  CHECK(contains(few.plan(text, a.view()), "too few for the threads"));
  Engine small({.tile_bytes = 1 << 20, .row_bytes = 1 << 30, .threads = 4});
  small.run<double>(text, a.view());
  CHECK(small.launches == 1);
}

TEST_CASE("tiles are shared among threads") {
  const Array<double> a(near_one<double>(2000 * 500), {2000, 500}, Layout::contiguous);
  const auto expected = Engine(no_tiles).run<double>(softmax, a.view());
  Engine engine({.tile_bytes = 1 << 18, .row_bytes = 1 << 19, .threads = 3}, 3);
  // On a busy machine a run may end before a worker has woken.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(300);
  while (engine.threads_used() < 2 && std::chrono::steady_clock::now() < deadline)
    CHECK(same_elements(engine.run<double>(softmax, a.view()), expected));
  CHECK(engine.threads_used() >= 2);
  CHECK(engine.launches == 1);
}

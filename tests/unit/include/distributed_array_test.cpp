// Distributed arrays of the C++ interface: where elements go, what slices are, what cannot be, over ranks as threads.
#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/temporary_folder.hpp"

using Doubles = std::vector<double>;
using Shape = std::vector<std::int64_t>;
using fuseval::DistributedArray;
using fuseval::Distribution;
using fuseval::World;

namespace {

Doubles counted(std::size_t count) {
  Doubles numbers(count);
  for (std::size_t k = 0; k < count; ++k) numbers[k] = static_cast<double>(k);
  return numbers;
}

/// The elements of this rank's part, in C order.
Doubles elements(const DistributedArray& array) { return fuseval::to_host(array.local()).to_vector<double>(); }

/// Runs the checks on every rank; doctest's own are not thread-safe, so ranks throw.
void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}
#define REQUIRE_HERE(...) require(__VA_ARGS__, #__VA_ARGS__)

}  // namespace

TEST_CASE("the parts of a scattered array, and the whole again") {
  const Doubles numbers = counted(35);
  for (const int ranks : {1, 2, 3, 7})
    fuseval::run_ranks(ranks, [&](const World& world) {
      const auto whole = fuseval::view(numbers.data(), {7, 5});
      const DistributedArray rows = fuseval::scatter(world, whole), columns = fuseval::scatter(world, whole, 0, 1);
      REQUIRE_HERE(rows.shape() == Shape{7, 5} && columns.shape() == Shape{7, 5});
      REQUIRE_HERE(rows.distribution().axis() == 0 && columns.distribution().axis() == 1);
      const auto rank = static_cast<std::size_t>(world.rank());
      const Shape offsets = rows.distribution().offsets();
      REQUIRE_HERE(rows.local_shape() == Shape{offsets[rank + 1] - offsets[rank], 5});
      Doubles expected(numbers.begin() + 5 * offsets[rank], numbers.begin() + 5 * offsets[rank + 1]);
      REQUIRE_HERE(elements(rows) == expected);
      REQUIRE_HERE(Doubles(rows.data<double>(), rows.data<double>() + expected.size()) == expected);
      REQUIRE_HERE(fuseval::gather(rows).to_vector<double>() == numbers);
      REQUIRE_HERE(fuseval::gather(columns, world.size() - 1).has_value() == (world.rank() == world.size() - 1));
      REQUIRE_HERE(elements(fuseval::redistribute(columns, 0)) == expected);
      const DistributedArray copies = fuseval::redistribute(rows, -1);
      REQUIRE_HERE(copies.distribution().is_replicated() && elements(copies) == numbers);
    });
}

TEST_CASE("parts that ranks have already") {
  fuseval::run_ranks(3, [](const World& world) {
    Doubles mine(static_cast<std::size_t>(2 * world.rank()), world.rank());  // the first rank has nothing
    const DistributedArray array = fuseval::distribute(world, mine);
    REQUIRE_HERE(array.shape() == Shape{6} && array.distribution().offsets() == Shape{0, 0, 2, 6});
    REQUIRE_HERE(array.data<double>() == mine.data() || mine.empty());
    REQUIRE_HERE(fuseval::gather(array).to_vector<double>() == Doubles{1, 1, 2, 2, 2, 2});
    REQUIRE_HERE(array.distribution().describe() == "Block(axis 0, offsets 0 0 2 6)");
    const auto error = error_of([&] { fuseval::distribute(world, mine, world.rank() == 1 ? 1 : 0); });
    REQUIRE_HERE(error.code() == FV_ERROR_ARGUMENT);
  });
}

TEST_CASE("slices: the same elements as of the whole array, each where it was") {
  const Doubles numbers = counted(60);
  const std::vector<fuseval::Slice> slices[] = {{},       {{1, -1}}, {{}, {2}},        {{-3, -1}, {0, 1}, {-2}},
                                                {{3, 3}}, {{4, 2}},  {{-99, 99}, {5}}, {{2, 3}, {}, {1, 2}}};
  for (const int ranks : {1, 2, 3, 5})
    fuseval::run_ranks(ranks, [&](const World& world) {
      const auto whole = fuseval::view(numbers.data(), {5, 4, 3});
      for (const int axis : {0, 1, 2, -1}) {
        const DistributedArray array = fuseval::scatter(world, whole, 0, axis);
        for (const auto& slice : slices) {
          const DistributedArray part = array.slice(slice);
          std::string text = "a[...";
          for (std::size_t k = 0; k < 3; ++k) {
            const fuseval::Slice one = k < slice.size() ? slice[k] : fuseval::Slice{};
            text += (k == 0 ? std::string() : std::string(", ")).append(std::to_string(one.begin));
            text += ":" + std::to_string(one.end);
          }
          text.replace(0, 5, "a[").append("]");
          const fuseval::Result expected = fuseval::evaluate(text, {{"a", whole}});
          REQUIRE_HERE(part.shape() == expected.shape());
          REQUIRE_HERE(part.distribution().axis() == axis);
          REQUIRE_HERE(fuseval::gather(part).to_vector<double>() == expected.to_vector<double>());
          const fuseval::Slice rest{1};
          REQUIRE_HERE(fuseval::gather(part.slice({rest})).to_vector<double>() ==
                       fuseval::evaluate("a[1:]", {{"a", expected}}).to_vector<double>());
        }
      }
      const DistributedArray rows = fuseval::scatter(world, whole);
      REQUIRE_HERE(error_of([&] { rows.slice({{}, {}, {}, {}}); }).code() == FV_ERROR_AXIS);
      REQUIRE_HERE(error_of([&] { rows.data<float>(); }).message() == "the array is float64, not float32");
      REQUIRE_HERE(error_of([&] {
                     fuseval::scatter(world, whole, 0, 1).slice({{}, {}, {1}}).data<double>();
                   }).message() == "the part does not lie in C order" ||
                   ranks > 3);
    });
}

TEST_CASE("files in parts") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a.npy"), copy = folder.path("b.npy");
  const Doubles numbers = counted(24);
  fuseval::save(path, fuseval::view(numbers.data(), {8, 3}));
  fuseval::run_ranks(3, [&](const World& world) {
    const DistributedArray rows = fuseval::load(world, path), columns = fuseval::load(world, path, 1, {0, 1, 1, 3});
    REQUIRE_HERE(rows.distribution().offsets() == Shape{0, 3, 6, 8});
    REQUIRE_HERE(columns.local_shape() == Shape{8, world.rank() == 1 ? 0 : world.rank() == 0 ? 1 : 2});
    REQUIRE_HERE(fuseval::gather(columns).to_vector<double>() == numbers);
    fuseval::save(copy, rows.slice({{1, -1}}));
    REQUIRE_HERE(fuseval::evaluate("a", {{"a", fuseval::NpyFile(copy)}}).shape() == Shape{6, 3});
    REQUIRE_HERE(error_of([&] { fuseval::load(world, folder.path("none.npy")); }).code() == FV_ERROR_FILE);
    REQUIRE_HERE(error_of([&] { fuseval::load(world, path, 0, {0, 8}); }).message() == "3 ranks need 4 offsets, not 2");
  });
  fuseval::save(path, fuseval::scalar(2.5));
  fuseval::run_ranks(2, [&](const World& world) {
    const DistributedArray number = fuseval::load(world, path);
    REQUIRE_HERE(number.distribution().is_replicated() && number.shape().empty() && elements(number) == Doubles{2.5});
  });
}

TEST_CASE("a rank's exception comes out of run_ranks as it was thrown") {
  struct Paper {};
  CHECK_THROWS_AS(fuseval::run_ranks(3,
                                     [](const World& world) {
                                       if (world.rank() == 1) throw Paper{};
                                       world.barrier();
                                     }),
                  Paper);
  CHECK(error_of([] { fuseval::run_ranks(0, [](const World&) {}); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([] {
          fuseval::run_ranks(2, [](const World& world) {
            const fuseval::Error mine(FV_ERROR_FILE, "no paper");
            const auto first = world.agree(world.rank() == 1 ? &mine : nullptr);
            if (first && first->rank == 1) throw first->error;
          });
        }).message() == "no paper");
}

TEST_CASE("programs over distributed arrays give the bits of one process") {
  const Doubles a = counted(5000);
  const double expected = fuseval::evaluate("mean(sin(a)**2)", {{"a", a}}).item<double>();
  const Doubles shifted = fuseval::evaluate("sqrt(a[2:]) - a[:-2]", {{"a", a}}).to_vector<double>();
  for (const int ranks : {1, 2, 3, 5})
    fuseval::run_ranks(ranks, [&](const World& world) {
      const DistributedArray parts = fuseval::scatter(world, a);
      REQUIRE_HERE(fuseval::evaluate("mean(sin(a)**2)", {{"a", parts}}).item<double>() == expected);
      const auto result = fuseval::evaluate("sqrt(a), 3", {{"a", parts}});
      REQUIRE_HERE(!result.distribution(0).is_replicated() && result.distribution(1).is_replicated());
      REQUIRE_HERE(fuseval::gather(DistributedArray(result)).size() == a.size());

      const DistributedArray out = fuseval::empty(parts.distribution(), fuseval::DType::float64);
      const auto program = fuseval::compile("sqrt(a[2:]) - a[:-2]", {{"a", parts}});
      program.into(out.slice({{1, -1}}))(parts);
      REQUIRE_HERE(fuseval::gather(out.slice({{1, -1}})).to_vector<double>() == shifted);
      program.run({{"a", parts}}, fuseval::into(out.slice({{1, -1}})));
      REQUIRE_HERE(fuseval::gather(out.slice({{1, -1}})).to_vector<double>() == shifted);
      REQUIRE_HERE(fuseval::gather(DistributedArray(program(parts))).to_vector<double>() == shifted);
      fuseval::evaluate("arange(n)*0.5", {{"n", 5000}}, fuseval::into(out));
      fuseval::RunOptions together;
      together.world = &world;
      REQUIRE_HERE(fuseval::evaluate("sum(arange(n)*0.5)", {{"n", 5000}}, together).item<double>() ==
                   0.25 * 4999 * 5000);
      REQUIRE_HERE(fuseval::gather(out).to_vector<double>()[4999] == 2499.5);
    });
}

TEST_CASE("ranks with several threads, and sums that are worth them") {
  const Doubles a = counted(3'000'000);
  const double expected = fuseval::evaluate("var(sin(a))", {{"a", a}}).item<double>();
  fuseval::run_ranks(3, [&](const World& world) {
    fuseval::SessionOptions options;
    options.threads = 2;
    const fuseval::Session session(options);
    const DistributedArray parts = session.scatter(world, a);
    REQUIRE_HERE(session.evaluate("var(sin(a))", {{"a", parts}}).item<double>() == expected);
  });
}

TEST_CASE("what many ranks would do is explained by one") {
  fuseval::WorldOptions options;
  options.kind = FV_WORLD_PLANNED;
  options.ranks = 64;
  const World world(options);
  const Doubles part(16);
  const DistributedArray a(fuseval::view(part.data(), {16}), Distribution(world, {1024}));
  const std::string text = fuseval::Session::shared().explain(world, "a[1:] - a[:-1]", {{"a", a}});
  CHECK(text.find("Block(axis 0") != std::string::npos);
}

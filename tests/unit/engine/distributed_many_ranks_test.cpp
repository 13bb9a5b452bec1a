// Many ranks, really: hundreds of threads, each a rank, whose parts lie in one memory. The bits are those of one
// process, and what each rank sends is what `explain` says that it would.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdio>
#include <cstring>
#include <sstream>

#include "tests/unit/engine/counted_worlds.hpp"
#include "tests/unit/engine/support.hpp"

using fuseval::DistributedArray;
namespace {

/// This rank's rows of an array that lies in one memory.
DistributedArray part_of(const fuseval::World& world, double* whole, std::int64_t rows, std::int64_t columns) {
  const fuseval::Distribution cut(world, {rows, columns});
  double* const first = whole + cut.offsets()[static_cast<size_t>(world.rank())] * columns;
  return DistributedArray(fuseval::View(first, fuseval::DType::float64, cut.local_shape(), {}), cut);
}

/// What `explain` says of a program over rows of so many ranks.
struct Explained {
  Sent boxes, most_boxes;
  std::int64_t partial_messages = 0, partial_bytes = 0;

  Explained(const fuseval::Session& session, const char* text, std::vector<double>& whole, std::int64_t rows,
            std::int64_t columns, int ranks) {
    fuseval::WorldOptions options;
    options.kind = FV_WORLD_PLANNED;
    options.ranks = ranks;
    const fuseval::World world(options);
    std::istringstream lines(session.explain(world, text, {{"a", part_of(world, whole.data(), rows, columns)}}));
    for (std::string line; std::getline(lines, line);) {
      std::replace_if(
          line.begin(), line.end(), [](char c) { return c == ',' || c == ';'; }, ' ');
      std::sscanf(line.c_str(), "exchange of boxes: %ld messages  %ld bytes  of a rank at most %ld  %ld bytes",
                  &boxes.messages, &boxes.bytes, &most_boxes.messages, &most_boxes.bytes);
      if (line.starts_with("exchange of partial results"))
        std::sscanf(line.c_str() + line.find("each rank sends"), "each rank sends %ld message%*[s ]and gets %ld bytes",
                    &partial_messages, &partial_bytes);
    }
  }
};

Sent sum_of(const std::vector<Sent>& sent) {
  Sent sum;
  for (const Sent& one : sent) sum.messages += one.messages, sum.bytes += one.bytes;
  return sum;
}

std::vector<double> one_process_steps(const fuseval::Session& session, const char* text, std::vector<double> a,
                                      std::int64_t rows, std::int64_t columns, int steps) {
  std::vector<double> b = a;
  for (int step = 0; step < steps; ++step) {
    const auto inner = fuseval::view(b.data() + columns + 1, {rows - 2, columns - 2}, {8 * columns, 8});
    session.evaluate(text, {{"a", fuseval::view(a.data(), {rows, columns})}}, fuseval::into(inner));
    std::swap(a, b);
  }
  return a;
}

fuseval::Session session_of_one_thread() {
  fuseval::SessionOptions options;
  options.threads = 1;
  return fuseval::Session(options);
}

// A thousand threads take seconds; sanitizers would take minutes.
#if defined(__SANITIZE_THREAD__)
constexpr int numbers_of_ranks[] = {16};
#elif defined(__SANITIZE_ADDRESS__)
constexpr int numbers_of_ranks[] = {64, 256};
#else
constexpr int numbers_of_ranks[] = {64, 256, 1024};
#endif

}  // namespace

TEST_CASE("many ranks: steps of a stencil, their bits and their messages") {
  const char* const text =
      "0.1*(a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]) + a[1:-1, 1:-1]";
  const fuseval::Session session = session_of_one_thread();
  for (const int ranks : numbers_of_ranks) {
    CAPTURE(ranks);
    const std::int64_t rows = 2 * ranks + 7, columns = 9;
    constexpr int steps = 4;
    auto a = engine_test::rough_numbers<double>(static_cast<size_t>(rows * columns)), b = a;
    const std::vector<double> expected = one_process_steps(session, text, a, rows, columns, steps);
    const Explained explained(session, text, a, rows, columns, ranks);
    std::vector<Sent> sent(static_cast<size_t>(ranks));
    on_counted_ranks(sent, [&](const fuseval::World& world, Sent& mine) {
      const DistributedArray first = part_of(world, a.data(), rows, columns);
      const DistributedArray second = part_of(world, b.data(), rows, columns);
      const auto program = session.compile(text, {{"a", first}});
      const fuseval::Slice inner{1, -1};
      const auto forth = program.into(second.slice({inner, inner})), back = program.into(first.slice({inner, inner}));
      for (int step = 0; step < steps; ++step) {
        world
            .barrier();  // one memory: a step may be two ahead of a rank that is no neighbour, and that is none of ours
        mine = {};
        step % 2 == 0 ? forth(first) : back(second);
      }
    });
    CHECK(std::memcmp(a.data(), expected.data(), expected.size() * sizeof(double)) == 0);
    CHECK(sum_of(sent).messages == explained.boxes.messages);
    CHECK(sum_of(sent).bytes == explained.boxes.bytes);
    CHECK(explained.boxes.messages == 2 * (ranks - 1));
    for (const Sent& one : sent) CHECK(one.messages <= explained.most_boxes.messages);
    for (const Sent& one : sent) CHECK(one.bytes <= explained.most_boxes.bytes);
    CHECK(sent[1].messages == explained.most_boxes.messages);
    CHECK(sent[1].bytes == explained.most_boxes.bytes);
  }
}

TEST_CASE("many ranks: reductions, their bits and their messages") {
  const char* const text = "mean(a), var(a), max(a)";
  const fuseval::Session session = session_of_one_thread();
  for (const int ranks : numbers_of_ranks) {
    CAPTURE(ranks);
    // Some of the ranks have the begin of a block, and some a whole one within another's.
    const std::int64_t rows = 10 * ranks + 3, columns = 300;
    auto a = engine_test::rough_numbers<double>(static_cast<size_t>(rows * columns));
    const fuseval::Result expected = session.evaluate(text, {{"a", fuseval::view(a.data(), {rows, columns})}});
    const Explained explained(session, text, a, rows, columns, ranks);
    std::vector<Sent> sent(static_cast<size_t>(ranks));
    std::atomic<int> same = 0;
    on_counted_ranks(sent, [&](const fuseval::World& world, Sent& mine) {
      const auto program = session.compile(text, {{"a", part_of(world, a.data(), rows, columns)}});
      for (int call = 0; call < 2; ++call) {  // ranks compare what they call in the first one
        world.barrier();
        mine = {};
        const fuseval::Result found = program(part_of(world, a.data(), rows, columns));
        for (std::size_t k = 0; k < 3; ++k)
          same += std::bit_cast<std::uint64_t>(found[k].item<double>()) ==
                  std::bit_cast<std::uint64_t>(expected[k].item<double>());
      }
    });
    CHECK(same == 2 * 3 * ranks);
    CHECK(explained.partial_messages == std::bit_width(static_cast<unsigned>(ranks) - 1));
    CHECK(sum_of(sent).messages == explained.boxes.messages + ranks * explained.partial_messages);
    // Each rank gets what all have but itself.
    CHECK(sum_of(sent).bytes == explained.boxes.bytes + (ranks - 1) * explained.partial_bytes);
    for (const Sent& one : sent) {
      CHECK(one.messages >= explained.partial_messages);
      CHECK(one.messages <= explained.partial_messages + explained.most_boxes.messages);
    }
  }
}

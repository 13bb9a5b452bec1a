// Programs over ranks under MPI: the bits of one process, and the messages and bytes of each kind of program as MPI
// gets them.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/mpi/counted.hpp"
#include "tests/unit/error_of.hpp"

using fuseval::DistributedArray;
using fuseval::World;
using Doubles = std::vector<double>;
using Offsets = std::vector<std::int64_t>;

namespace {

constexpr std::int64_t block = 4096;     // elements of a canonical block of float64 along the last axis
constexpr std::uint64_t flag_bytes = 8;  // at the end of each message

World world_of_mpi(bool check_calls = false) {
  fuseval::WorldOptions options;
  options.check_calls = check_calls;
  options.kind = FV_WORLD_MPI;
  options.watchdog_seconds = 120;  // a failed test ends
  return World(options);
}

Doubles uneven_numbers(std::int64_t count) {
  Doubles numbers;
  for (std::int64_t k = 0; k < count; ++k) numbers.push_back(std::sin(static_cast<double>(k)) + 0.1);
  return numbers;
}

/// Of one call that has been made before: what MPI was given for it by this rank.
template <class Call>
Counted of_warm_call(Call&& call) {
  call();
  const Counted before = counted();
  call();
  return {counted().sends - before.sends, counted().bytes - before.bytes, counted().prepared - before.prepared,
          counted().other - before.other, 0};
}

bool same_bits(const fuseval::View& found, const fuseval::View& expected) {
  const fv_view a = found.raw(), b = expected.raw();
  std::int64_t bytes = fv_dtype_size(b.dtype);
  for (int k = 0; k < b.rank; ++k) bytes *= b.shape[k];
  return a.rank == b.rank && a.dtype == b.dtype && std::equal(a.shape, a.shape + a.rank, b.shape) &&
         std::memcmp(a.data, b.data, static_cast<std::size_t>(bytes)) == 0;
}

void check_results(const fuseval::Result& found, const fuseval::Result& expected) {
  REQUIRE(found.count() == expected.count());
  for (std::size_t k = 0; k < found.count(); ++k) {
    if (found.distribution(k).is_replicated())
      CHECK(same_bits(found[k].view(), expected[k].view()));
    else
      CHECK(same_bits(fuseval::gather(DistributedArray(found, k)).view(), expected[k].view()));
  }
}

std::uint64_t rounds(int ranks) { return static_cast<std::uint64_t>(std::bit_width(static_cast<unsigned>(ranks) - 1)); }

/// Rank r begins `shift` elements behind its r-th pair of blocks.
Offsets offsets_beside_blocks(int ranks, std::int64_t shift) {
  Offsets offsets{0};
  for (int rank = 1; rank < ranks; ++rank) offsets.push_back(2 * block * rank + shift);
  offsets.push_back(2 * block * ranks);
  return offsets;
}

}  // namespace

TEST_CASE("programs under MPI: the bits of one process") {
  const World world = world_of_mpi();
  const std::int64_t rows = 103, columns = 37;
  const Doubles numbers = uneven_numbers(rows * columns);
  const auto whole = fuseval::view(numbers.data(), {rows, columns});
  Offsets uneven{0};
  for (int rank = 1; rank <= world.size(); ++rank)
    uneven.push_back(rank == world.size() ? rows : rows * (rank / 2) / world.size());
  for (const int axis : {0, 1})
    for (const bool even : {true, false}) {
      if (axis == 1 && !even) continue;
      const auto a = fuseval::scatter(world, whole, 0, axis, even ? Offsets{} : uneven);
      for (const char* text :
           {"a + 1", "a[1:-1] - a[2:]*a[:-2]", "sum(a)", "mean(a, axis=0)", "var(a), max(a), argmin(a), any(a > 1)",
            "a - mean(a)", "exp(a)/sum(exp(a), axis=1, keepdims=True)", "a.T.reshape(-1)[3:]",
            "sum(arange(50000.0)**0.5) + a", "a[5]"}) {
        CAPTURE(text);
        CAPTURE(axis);
        const auto expected = fuseval::evaluate(text, {{"a", whole}}), found = fuseval::evaluate(text, {{"a", a}});
        check_results(found, expected);
      }
    }
}

TEST_CASE("programs under MPI: each rank on a device, the simulated one") {
  const World world = world_of_mpi();
  if (world.size() != 2 && world.size() != 3) return;  // each rank compiles the kernels for itself
  const std::int64_t rows = 103, columns = 37;
  const Doubles numbers = uneven_numbers(rows * columns);
  const auto whole = fuseval::view(numbers.data(), {rows, columns});
  const auto a = fuseval::scatter(world, whole);
  const char* const text = "a[1:-1] - a[2:]*a[:-2], sum(a), var(a, axis=0), argmin(a), a - mean(a, axis=1)[:, None]";
  const auto expected = fuseval::evaluate(text, {{"a", whole}});
  fuseval::RunOptions options;
  options.device = "cudasim";
  for (int call = 0; call < 2; ++call) {
    const auto found = fuseval::evaluate(text, {{"a", a}}, options);
    check_results(found, expected);
  }
  options.device = "cuda:77";
  const auto error = error_of([&] { fuseval::evaluate(text, {{"a", a}}, options); });
  CHECK(error.code() != FV_OK);
  CHECK(error.message().find("rank") == std::string::npos);  // on all alike
}

TEST_CASE("an MPI that takes addresses of a GPU is recognised, and one in which that is switched off") {
  CHECK(fuseval::info().find("MPI") != std::string::npos);
  const auto is_aware = [] { return fuseval::info().find(", CUDA-aware\n") != std::string::npos; };
  bool is_switched = false;
  {
    const GpuSupport support;  // counted.cpp answers for MPI
    is_switched = support.is_switched();
    CHECK(is_aware());
  }
  CHECK(is_aware() == !is_switched);
}

TEST_CASE("programs under MPI: a program of reductions is one exchange, and one message for a cut block") {
  const World world = world_of_mpi();
  const int ranks = world.size(), rank = world.rank();
  const Doubles numbers = uneven_numbers(2 * block * ranks);
  for (const std::int64_t shift : {std::int64_t{0}, std::int64_t{-1000}}) {
    CAPTURE(shift);
    const auto a = fuseval::scatter(world, numbers, 0, 0, offsets_beside_blocks(ranks, shift));
    for (const char* text : {"sum(a)", "mean(a), max(a*a), argmin(a), all(a > -2), dot(a, a)"}) {
      CAPTURE(text);
      const Counted call = of_warm_call([&] { fuseval::evaluate(text, {{"a", a}}); });
      // Offsets a thousand elements before blocks: each rank but the first has the end of the block before.
      const bool sends_a_fragment = shift != 0 && rank > 0;
      CHECK(call.sends == rounds(ranks) + (sends_a_fragment ? 1 : 0));
      CHECK(call.prepared == 0);
      CHECK(call.other == 0);
    }
    const Counted call = of_warm_call([&] { fuseval::evaluate("sum(a)", {{"a", a}}); });
    // A state of 8 bytes for each node of the tree that the rank has, beside the flags of each message: two blocks are
    // one node, unless the second one has to wait for its end.
    const std::uint64_t nodes = shift != 0 && rank == 0 ? 2 : 1;
    const std::uint64_t fragment = shift != 0 && rank > 0 ? 1000 * 8 + flag_bytes : 0;
    if (ranks == 2) CHECK(call.bytes == 8 * nodes + flag_bytes + fragment);
    CHECK(of_warm_call([&] { fuseval::evaluate("a*2 + 1", {{"a", a}}); }).sends == 0);
    CHECK(of_warm_call([&] { fuseval::evaluate("a - mean(a)", {{"a", a}}); }).sends <= rounds(ranks) + 1);
  }
}

TEST_CASE("programs under MPI: states of many columns go by slices, and then what they come to") {
  const World world = world_of_mpi();
  const auto ranks = static_cast<std::uint64_t>(world.size());
  const std::int64_t rows = 192, columns = 5000;  // 12 blocks of 16 rows a rank: several nodes of the tree
  const Doubles numbers = uneven_numbers(rows * columns * world.size());
  const auto whole = fuseval::view(numbers.data(), {rows * world.size(), columns});
  const auto a = fuseval::scatter(world, whole);
  const auto expected = fuseval::evaluate("sum(a, axis=0)", {{"a", whole}});
  CHECK(same_bits(fuseval::evaluate("sum(a, axis=0)", {{"a", a}})[0].view(), expected[0].view()));
  const Counted call = of_warm_call([&] { fuseval::evaluate("sum(a, axis=0)", {{"a", a}}); });
  CHECK(call.sends == ranks - 1 + rounds(world.size()));
  CHECK(call.other == 0);
  // Of two ranks each sends the states of its two nodes for the other's half, and then its own half.
  if (ranks == 2) CHECK(call.bytes == 8 * (2 * columns / 2 + columns / 2) + flag_bytes);
}

TEST_CASE("programs under MPI: what is wrong with values goes round with partial results, or alone") {
  const World world = world_of_mpi();
  const int ranks = world.size(), rank = world.rank();
  const std::int64_t count = 8 * block;  // a block of bools has more elements
  const std::vector<std::int64_t> numbers(static_cast<std::size_t>(count * ranks), 3);
  const auto a = fuseval::scatter(world, numbers);
  const auto sends = [&](const char* text) { return of_warm_call([&] { fuseval::evaluate(text, {{"a", a}}); }).sends; };
  CHECK(sends("a**3") == 0);  // nothing can be wrong
  CHECK(sends("a**a") == rounds(ranks));
  CHECK(sends("sum(a**a), max(a)") == rounds(ranks));
  const std::vector<std::int64_t> part(static_cast<std::size_t>(count), rank == ranks - 1 ? -1 : 1);
  const DistributedArray b(fuseval::view(part.data(), {count}), a.distribution());
  for (const char* text : {"a**b", "sum(a**b)", "a[1:]**b[:-1]"}) {
    CAPTURE(text);
    CHECK(error_of([&] { fuseval::evaluate(text, {{"a", a}, {"b", b}}); }).code() == FV_ERROR_VALUE);
  }
}

TEST_CASE("programs under MPI: a step of a stencil is a message to each neighbour, prepared once") {
  const World world = world_of_mpi();
  const int ranks = world.size(), rank = world.rank();
  const std::int64_t rows = 8 * ranks, columns = 21;
  const Doubles numbers = uneven_numbers(rows * columns);
  DistributedArray a = fuseval::scatter(world, fuseval::view(numbers.data(), {rows, columns}));
  DistributedArray b = fuseval::scatter(world, fuseval::view(numbers.data(), {rows, columns}));
  const auto step =
      fuseval::compile("a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]", {{"a", a}});
  const fuseval::Slice inner{1, -1};
  const Counted call = of_warm_call([&] { step.into(b.slice({inner, inner}))(a); });
  const std::uint64_t neighbours = (rank > 0 ? 1 : 0) + (rank + 1 < ranks ? 1 : 0);
  CHECK(call.sends == neighbours);
  CHECK(call.prepared == 0);
  CHECK(call.other == 0);
  const std::uint64_t halo = static_cast<std::uint64_t>(columns - 2) * 8;  // the corners are nobody's
  CHECK(call.bytes == neighbours * (halo + flag_bytes));
}

TEST_CASE("programs under MPI: a world that checks calls finds ranks that run different programs") {
  const World world = world_of_mpi(true);
  const auto a = fuseval::scatter(world, uneven_numbers(100));
  const auto largest = [&] { return fuseval::evaluate("max(a)", {{"a", a}}).item<double>(); };
  const auto smallest = [&] { return fuseval::evaluate("min(a)", {{"a", a}}).item<double>(); };
  CHECK(largest() > smallest());  // both are known from here on
  if (world.size() == 1) return;
  const auto found = error_of([&] { world.rank() == 1 ? smallest() : largest(); });
  CHECK(found.code() == FV_ERROR_ARGUMENT);
  CHECK(found.message().find("rank 1") != std::string::npos);
  CHECK(largest() > smallest());
}

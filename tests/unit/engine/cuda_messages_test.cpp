// Boxes that go from one GPU's memory to another's, as where MPI is CUDA-aware: ranks are threads, on a fake machine
// whose device memory others can get at (tests/fakes).
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/fake_machine.hpp"
#include "tests/unit/engine/counted_worlds.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/include/distributed_trial.hpp"

using namespace distributed_trial;

namespace {

fuseval::RunOptions on_cuda() {
  fuseval::RunOptions options;
  options.device = "cuda";
  return options;
}

fake::Settings open_machine(std::uint64_t order, int devices) {
  return {.seed = order, .devices = devices, .open_memory = true};
}

Sent sum_of(const std::vector<Sent>& ranks) {
  Sent sum;
  for (const Sent& one : ranks) {
    sum.messages += one.messages;
    sum.bytes += one.bytes;
    sum.from_device += one.from_device;
    sum.without_context += one.without_context;
  }
  return sum;
}

/// Halos of bytes (flags lie anywhere), of rows, two arrays in a message, another cut, and partial results between.
constexpr const char* programs[] = {"k[1:] ^ k[:-1]", "a[1:-1]*4 - a[2:] - b[:-2], sum(a)", "a + b[::-1]",
                                    "a - mean(a), a[3:] - a[:-3]"};

/// What ranks send for the programs, each three times.
Sent sent_for_programs(std::uint64_t order, int ranks, bool direct) {
  const std::int64_t rows = 103, columns = 37;
  const std::vector<double> a = uneven_numbers(rows * columns, 1), b = uneven_numbers(rows * columns, 2);
  std::vector<std::uint8_t> k;
  for (const double number : a) k.push_back(static_cast<std::uint8_t>(40 * (number + 1.5)));
  const auto whole = [&](const auto& numbers) { return fuseval::view(numbers.data(), {rows, columns}); };
  const FakeMachine machine(open_machine(order, 2));
  const fuseval::Session session{fuseval::SessionOptions{}};
  std::vector<Sent> sent(static_cast<std::size_t>(ranks));
  const auto rank = [&](const World& world, Sent& mine) {
    const auto cut = [&](const auto& numbers, int seed) {
      return session.scatter(world, whole(numbers), 0, 0, offsets_of(rows, ranks, seed));
    };
    const DistributedArray here_a = cut(a, 1), here_b = cut(b, 2), here_k = cut(k, 1);
    const fuseval::Bindings parts{{"a", here_a}, {"b", here_b}, {"k", here_k}};
    const fuseval::Bindings everything{{"a", whole(a)}, {"b", whole(b)}, {"k", whole(k)}};
    Sent programs_alone;
    for (const char* text : programs)
      for (int call = 0; call < 3; ++call) {
        mine = {};
        const fuseval::Result found = session.evaluate(text, parts, on_cuda());
        programs_alone = sum_of({programs_alone, mine});
        check_results(session, found, session.evaluate(text, everything), text);
      }
    mine = programs_alone;
  };
  on_counted_ranks(sent, rank, {.gpu = direct ? &*machine.gpu : nullptr});
  return sum_of(sent);
}

}  // namespace

TEST_CASE("cuda messages: the same bits and messages from the GPUs' memory as by way of the host's") {
  for (const std::uint64_t order : {1, 2, 3})
    for (const int ranks : {2, 3, 5}) {
      CAPTURE(order);
      CAPTURE(ranks);
      const Sent staged = sent_for_programs(order, ranks, false), direct = sent_for_programs(order, ranks, true);
      CHECK(staged.from_device == 0);
      CHECK(direct.from_device > 0);
      CHECK(direct.without_context == 0);
      CHECK(direct.messages == staged.messages);
      CHECK(direct.bytes == staged.bytes);
    }
}

namespace {

/// What the driver does for a warm step of a stencil on two ranks, both together.
struct Step {
  explicit Step(bool direct) {
    const FakeMachine machine(open_machine(1, 1));
    const fuseval::Session session{fuseval::SessionOptions{}};
    const std::vector<double> numbers = uneven_numbers(400, 1);
    std::vector<Sent> sent(2);
    const auto rank = [&](const World& world, Sent& mine) {
      const DistributedArray a = session.scatter(world, fuseval::view(numbers.data(), {20, 20}));
      const DistributedArray from(session.to_device(a.local(), "cuda"), a.distribution());
      const DistributedArray to(session.to_device(a.local(), "cuda"), a.distribution());
      const fuseval::Slice inner{1, -1};
      const auto program = session.compile("a[2:, 1:-1] + a[:-2, 1:-1]", {{"a", from}});
      const auto once = [&] {
        program.into(to.slice({inner, inner}))(from);
        session.synchronize("cuda");
        world.barrier();
      };
      once();
      once();
      const auto now = [&] {
        world.barrier();
        return std::vector<std::uint64_t>{machine.gpu->calls_of("cuMemcpyHtoDAsync_v2"),
                                          machine.gpu->calls_of("cuMemcpyDtoHAsync_v2"),
                                          machine.gpu->bytes_down(),
                                          machine.gpu->launches(),
                                          machine.gpu->calls_of("cuMemAlloc_v2"),
                                          machine.gpu->calls_of("cuMemHostAlloc"),
                                          static_cast<std::uint64_t>(session.counters().kernels_compiled),
                                          machine.gpu->calls_of("cuMemAllocFromPoolAsync")};
      };
      const auto before = now();
      world.barrier();
      mine = {};
      once();
      const auto after = now();
      if (world.rank() != 0) return;
      for (std::size_t k = 0; k < before.size(); ++k) counts.push_back(after[k] - before[k]);
    };
    on_counted_ranks(sent, rank, {.gpu = direct ? &*machine.gpu : nullptr});
    from_device = sum_of(sent).from_device;
  }
  /// Copies up and down, bytes down, launches, allocations of the two kinds for messages, kernels that were compiled,
  /// temporaries.
  std::vector<std::uint64_t> counts;
  std::int64_t from_device = 0;
};

}  // namespace

TEST_CASE("cuda messages: a warm step brings the words of flags down, and no box") {
  const Step staged(false), direct(true);
  REQUIRE(staged.counts.size() == 8);
  const std::uint64_t launches = staged.counts[3], temporaries = staged.counts[7];
  CHECK(launches > 0);
  CHECK(temporaries <= 4);
  // A message each way: a row of 18 elements and its flags, padded to a cache line.
  CHECK(staged.counts == std::vector<std::uint64_t>{2, 2, 2 * 192, launches, 0, 0, 0, temporaries});
  CHECK(direct.counts == std::vector<std::uint64_t>{0, 2, 2 * 8, launches, 0, 0, 0, temporaries});
  CHECK(staged.from_device == 0);
  CHECK(direct.from_device == 2);
}

TEST_CASE("cuda messages: what comes next waits until what came before is unpacked") {
  const std::vector<double> numbers = uneven_numbers(6000, 1);
  for (const std::uint64_t order : {1, 2, 3, 4, 5}) {
    CAPTURE(order);
    const FakeMachine machine(open_machine(order, 2));
    const fuseval::Session session{fuseval::SessionOptions{}};
    std::vector<Sent> sent(2);
    // Rank 0 has all of what rank 1 is to have, which sends nothing and so waits for nothing of its own.
    const auto rank = [&](const World& world, Sent&) {
      const char* const gpu = world.rank() == 0 ? "cuda:0" : "cuda:1";
      std::vector<DistributedArray> from, to;
      for (int k = 0; k < 3; ++k) {
        const auto some = fuseval::view(numbers.data() + 2000 * k, {2000});
        const DistributedArray a = session.scatter(world, some, 0, 0, {0, 2000, 2000});
        const DistributedArray b = session.scatter(world, some, 0, 0, {0, 0, 2000});
        from.emplace_back(session.to_device(a.local(), gpu), a.distribution());
        to.emplace_back(session.to_device(b.local(), gpu), b.distribution());
      }
      const auto program = session.compile("2*a", {{"a", from[0]}});
      for (std::size_t k = 0; k < 3; ++k) program.into(to[k])(from[k]);
      session.synchronize(gpu);
      for (std::size_t k = 0; k < 3; ++k) {
        const Array found =
            session.gather(DistributedArray(session.to_host(to[k].local()).view(), to[k].distribution()));
        for (std::size_t i = 0; i < 2000; ++i)
          require(found.data<double>()[i] == 2 * numbers[2000 * k + i], "another call's elements");
      }
    };
    on_counted_ranks(sent, rank, {.gpu = &*machine.gpu});
    CHECK(sent[0].from_device == 3);
    CHECK(sent[1].from_device == 0);
  }
}

TEST_CASE("cuda messages: a rank that fails says so from the host's memory, and then all is well") {
  const std::vector<double> numbers = uneven_numbers(3000, 1);
  // A box is an element of 8 bytes, and its flags: whole, and in four pieces.
  struct Trial {
    const char* text;
    int pieces;
  };
  for (const Trial& trial : {Trial{"a[1:] - a[:-1]", 1}, {"a[1:] - a[:-1], sum(a)", 1}, {"a[1:] - a[:-1]", 4}}) {
    const std::string text = trial.text;
    const int pieces = trial.pieces;
    CAPTURE(text);
    CAPTURE(pieces);
    const FakeMachine machine(open_machine(1, 3));
    const fuseval::Session session{fuseval::SessionOptions{}};
    std::vector<Sent> sent(3);
    const auto rank = [&](const World& world, Sent& mine) {
      const DistributedArray a = session.scatter(world, numbers);
      const fuseval::Result expected = session.evaluate(text, {{"a", numbers}});
      const auto call = [&](bool cancelled, bool told) {
        fuseval::CancelToken token;
        if (cancelled) token.set();
        fuseval::RunOptions options = on_cuda();
        options.cancel = &token;
        mine = {};
        std::optional<fuseval::Result> found;
        const auto error = error_of([&] { found = session.evaluate(text, {{"a", a}}, options); });
        require(error.code() == (told ? FV_ERROR_CANCELLED : FV_OK), error.message());
        const std::int64_t from_device = mine.from_device;
        if (!world.agree(error.code() == FV_OK ? nullptr : &error)) check_results(session, *found, expected, text);
        return from_device;
      };
      const bool has_partials = text.find("sum") != std::string::npos;
      const std::int64_t boxes = call(false, false);
      require(has_partials || boxes == (world.rank() == 2 ? 0 : pieces), "its last element, to the next rank");
      for (int round = 0; round < 2; ++round) {
        const bool fails = world.rank() == 1;
        const bool told = world.rank() > 0 || has_partials;
        require(call(fails, told) == (fails ? 0 : boxes), "flags from the host's memory");
        require(call(false, false) == boxes, "and from the device again");
      }
    };
    on_counted_ranks(sent, rank, {.gpu = &*machine.gpu, .largest_message = pieces == 1 ? std::size_t{1} << 30 : 5});
    CHECK(sum_of(sent).without_context == 0);
  }
}

TEST_CASE("cuda messages: flags that a rank cannot read are an error of its device, of which the others hear") {
  const FakeMachine machine(open_machine(1, 2));
  const fuseval::Session session{fuseval::SessionOptions{}};
  const std::vector<double> numbers = uneven_numbers(3000, 1);
  std::vector<Sent> sent(2);
  const auto rank = [&](const World& world, Sent&) {
    const DistributedArray a = session.scatter(world, numbers);
    const DistributedArray there(session.to_device(a.local(), world.rank() == 0 ? "cuda:0" : "cuda:1"),
                                 a.distribution());
    const auto failing = [&](const char* function) {
      world.barrier();
      if (world.rank() == 0) machine.gpu->fail_function(function, fuseval::runtime::cuda::Result::invalid_value);
      world.barrier();
    };
    const auto difference = [&] { session.evaluate("a[1:] - a[:-1]", {{"a", there}}); };
    difference();
    failing("cuMemcpyDtoHAsync_v2");  // the words are all that comes down
    const auto error = error_of(difference);
    require(error.code() == (world.rank() == 1 ? FV_ERROR_DEVICE : FV_OK), error.message());  // it has from rank 0
    const auto first = world.agree(error.code() == FV_OK ? nullptr : &error);
    require(first && first->error.code() == FV_ERROR_DEVICE, "all hear of it");
    failing("");
    difference();
    fuseval::RunOptions to_host;
    to_host.results_on = FV_RESULTS_ON_HOST;
    const double largest = *std::max_element(numbers.begin(), numbers.end());
    require(session.evaluate("max(a)", {{"a", there}}, to_host).item<double>() == largest, "once");
  };
  on_counted_ranks(sent, rank, {.gpu = &*machine.gpu});
}

TEST_CASE("cuda messages: they go after their session, with its GPU still there") {
  for (const bool direct : {false, true}) {
    const FakeMachine machine(open_machine(1, 1));
    const std::vector<double> numbers = uneven_numbers(300, 1);
    std::vector<Sent> sent(2);
    const auto rank = [&](const World& world, Sent&) {
      const fuseval::Session session{fuseval::SessionOptions{}};  // the world lives on
      const DistributedArray a = session.scatter(world, numbers);
      session.evaluate("a[1:] - a[:-1]", {{"a", a}}, on_cuda());
    };
    on_counted_ranks(sent, rank, {.gpu = direct ? &*machine.gpu : nullptr});
    CHECK(sum_of(sent).from_device == (direct ? 1 : 0));
    CHECK(sum_of(sent).without_context == 0);
  }
}

TEST_CASE("cuda messages: no memory for messages on one rank's GPU is everybody's error") {
  const FakeMachine machine({.devices = 2, .memory = std::size_t{4} << 20, .open_memory = true});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const std::vector<double> numbers = uneven_numbers(200'000, 1);
  std::vector<Sent> sent(2);
  const auto rank = [&](const World& world, Sent&) {
    const DistributedArray a = session.scatter(world, numbers);
    const DistributedArray b = session.scatter(world, numbers, 0, 0, {0, 1000, 200'000});
    const auto moved = [&] { return session.evaluate("a + b", {{"a", a}, {"b", b}}, on_cuda()); };
    {
      // What rank 1 sends of b takes 800 000 bytes.
      fuseval::Array filler;
      if (world.rank() == 1) filler = session.empty({3'900'000}, fuseval::DType::uint8, "cuda:1");
      world.barrier();
      const auto error = error_of([&] { moved(); });
      require(error.code() == FV_ERROR_MEMORY, error.message());
      session.synchronize(world.rank() == 1 ? "cuda:1" : "cuda:0");
    }
    check_results(session, moved(), session.evaluate("a + a", {{"a", numbers}}), "and then there is");
  };
  on_counted_ranks(sent, rank, {.gpu = &*machine.gpu});
  CHECK(sum_of(sent).from_device > 0);
}

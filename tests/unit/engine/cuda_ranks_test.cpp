// Ranks on the GPUs of a fake machine (tests/fakes): which GPU is whose, and what goes wrong on one of them.
#include <doctest/doctest.h>

#include <atomic>

#include "tests/fakes/fake_machine.hpp"
#include "tests/unit/engine/counted_worlds.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/include/distributed_trial.hpp"

using namespace distributed_trial;
using fuseval::runtime::cuda::Result;

namespace {

fuseval::RunOptions on_cuda(fv_results_on where = FV_RESULTS_WHERE_INPUTS_ARE) {
  fuseval::RunOptions options;
  options.device = "cuda";
  options.results_on = where;
  return options;
}

constexpr const char* step = "a[1:] - a[:-1], sum(a*a), argmax(a)";

}  // namespace

TEST_CASE("cuda ranks: each has the GPU of its number on its machine, modulo GPUs") {
  const std::vector<double> numbers = uneven_numbers(5000, 1);
  const fuseval::Session cpu{fuseval::SessionOptions{}};
  const fuseval::Result expected = cpu.evaluate(step, {{"a", numbers}});
  for (const std::uint64_t order : {1, 2, 3, 4}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order, .devices = 2});
    const fuseval::Session session{fuseval::SessionOptions{}};
    fuseval::run_ranks(3, [&](const World& world) {
      const DistributedArray a = session.scatter(world, numbers);
      const fuseval::Result there = session.evaluate(step, {{"a", a}}, on_cuda(FV_RESULTS_ON_DEVICE));
      require(there[0].device_type() == FV_DEVICE_CUDA, "results that stay");
      require(there[0].device_id() == world.rank() % 2, "each on its rank's GPU");
      check_results(session, there, expected, "from the host");
      const DistributedArray moved(session.to_device(a.local(), world.rank() == 1 ? "cuda:1" : "cuda:0"),
                                   a.distribution());
      for (int call = 0; call < 3; ++call) {
        const fuseval::Result again =
            session.evaluate(step, {{"a", moved}}, call == 1 ? on_cuda() : fuseval::RunOptions{});
        require(again[0].device_id() == world.rank() % 2, "where its part is");
        check_results(session, again, expected, "on the GPUs");
      }
      fuseval::RunOptions first;
      first.device = "cuda:0";
      const fuseval::Result all_on_one = session.evaluate(step, {{"a", a}}, first);
      check_results(session, all_on_one, expected, "all on GPU 0");
      const auto elsewhere = error_of([&] { session.evaluate(step, {{"a", moved}}, first); });
      require(elsewhere.message().rfind("rank 1: input 'a' is on cuda:1, but the call is to run on cuda:0", 0) == 0,
              elsewhere.message());
      // Of a later call of the same kind only its own rank knows.
      const DistributedArray other(session.to_device(a.local(), "cuda:0"), a.distribution());
      const auto late = error_of([&] { session.evaluate(step, {{"a", world.rank() == 1 ? other : moved}}); });
      require(world.rank() != 1 || late.message() == "input 'a' is on cuda:0, but this rank runs such calls on cuda:1",
              late.message());
      require(late.code() != FV_OK && late.code() != FV_ERROR_COMMUNICATION, late.message());
    });
  }
}

TEST_CASE("cuda ranks: no memory on one rank's GPU is everybody's error, and none waits") {
  const FakeMachine machine({.devices = 2, .memory = std::size_t{4} << 20});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const std::vector<double> numbers = uneven_numbers(200'000, 1);
  fuseval::run_ranks(2, [&](const World& world) {
    const DistributedArray a = session.scatter(world, numbers);
    const auto mean = [&] { return session.evaluate("mean(a)", {{"a", a}}, on_cuda()).item<double>(); };
    const double expected = mean();
    {
      fuseval::Array filler;
      if (world.rank() == 1) filler = session.empty({3'500'000}, fuseval::DType::uint8, "cuda:1");
      const auto error = error_of(mean);
      require(error.code() == FV_ERROR_MEMORY, error.message());
      if (world.rank() == 0) require(error.message() == "rank 1 ran out of memory", error.message());
      if (world.rank() == 1)
        require(error.message().find("ranks' parts must fit as a whole") != std::string::npos, error.message());
      session.synchronize(world.rank() == 1 ? "cuda:1" : "cuda:0");
    }
    require(mean() == expected, "and then there is again");
  });
}

namespace {

/// Three calls on two ranks, each with a GPU, of which something fails: a call of the driver, or work on a GPU. direct:
/// boxes go from one GPU's memory to the other's, as where MPI is CUDA-aware.
struct Attempt {
  Attempt(std::uint64_t failing_call, std::uint64_t failing_operation, Result code, bool direct) {
    FakeMachine machine({.devices = 2, .open_memory = direct});
    machine.gpu.expects_violations = true;
    const fuseval::Session session{fuseval::SessionOptions{}};
    machine.gpu->fail_call(failing_call, code);
    machine.gpu->fail_operation(failing_operation, code);
    std::vector<Sent> sent(2);
    const auto rank = [&](const World& world, Sent&) {
      const DistributedArray a = cpu().scatter(world, numbers());
      for (int call = 0; call < 3; ++call) {
        std::optional<fuseval::Result> found;
        const auto error = error_of([&] { found = session.evaluate(step, {{"a", a}}, on_cuda()); });
        require(error.code() == FV_OK || error.code() == FV_ERROR_DEVICE || error.code() == FV_ERROR_MEMORY ||
                    error.code() == FV_ERROR_UNSUPPORTED,
                std::to_string(error.code()) + " " + error.message());
        if (!world.agree(error.code() == FV_OK ? nullptr : &error))
          check_results(cpu(), *found, expected(), "all is well");
        else
          ++failures;
      }
    };
    on_counted_ranks(sent, rank, {.gpu = direct ? &*machine.gpu : nullptr});
    from_device = sent[0].from_device + sent[1].from_device;
    calls = machine.gpu->calls();
    machine.gpu->fail_call(0, code);
    machine.gpu->fail_operation(0, code);
  }

  static const fuseval::Session& cpu() {
    static const fuseval::Session session{fuseval::SessionOptions{}};
    return session;
  }
  static const std::vector<double>& numbers() {
    static const std::vector<double> some = uneven_numbers(3000, 1);
    return some;
  }
  static const fuseval::Result& expected() {
    static const fuseval::Result result = cpu().evaluate(step, {{"a", numbers()}});
    return result;
  }

  std::uint64_t calls = 0;
  std::int64_t from_device = 0;
  std::atomic<int> failures{0};
};

}  // namespace

TEST_CASE("cuda ranks: calls of the driver and work on a GPU that fail, and none waits for ever") {
  for (const bool direct : {false, true}) {
    CAPTURE(direct);
    const Attempt good(0, 0, Result::success, direct);
    const std::uint64_t calls = good.calls;
    REQUIRE(calls > 300);
    CHECK(good.failures == 0);
    CHECK((good.from_device > 0) == direct);
    int failures = 0;
    for (const Result code : {Result::out_of_memory, Result::illegal_address})
      for (std::uint64_t failing = 3; failing < calls; failing += 11) {
        CAPTURE(failing);
        failures += Attempt(failing, 0, code, direct).failures > 0;
      }
    CHECK(failures > 20);
    for (std::uint64_t failing = 1; failing < 60; failing += 4) {
      CAPTURE(failing);
      CHECK(Attempt(0, failing, Result::illegal_address, direct).failures.load() > 0);
    }
  }
}

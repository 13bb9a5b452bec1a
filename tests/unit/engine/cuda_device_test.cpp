// Programs with device="cuda" on a fake machine (tests/fakes): the driver's streams run in random legal order, device
// memory is unreadable outside of operations, and kernels are the texts that NVRTC would get.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>

#include "same_results.hpp"
#include "tests/fakes/fake_machine.hpp"

using namespace engine_test;
using fuseval::runtime::cuda::Result;

namespace {

fuseval::RunOptions on(const char* device, fv_results_on where = FV_RESULTS_WHERE_INPUTS_ARE) {
  fuseval::RunOptions options;
  options.device = device;
  options.results_on = where;
  return options;
}

using engine_test::check_equal;

void check_equal(const fuseval::Session& session, const fuseval::Result& found, const fuseval::Result& expected) {
  REQUIRE(found.count() == expected.count());
  for (std::size_t k = 0; k < found.count(); ++k) {
    CAPTURE(k);
    if (found[k].is_on_host())
      check_equal(found[k], expected[k]);
    else
      check_equal(session.to_host(found[k]), expected[k]);
  }
}

constexpr const char* programs =
    "a*b + 1, sum(a*b), a.T[::-1] + 0.5, mean(a, axis=1), var(b, axis=0), argmax(a), exp(a - max(a)), where(a > b, a, "
    "k)";

const fuseval::Session& cpu() {
  static const fuseval::Session session{fuseval::SessionOptions{}};
  return session;
}

}  // namespace

TEST_CASE("cuda: the CPU's bits, for arrays on the host and on the device, in any order that streams allow") {
  const Array<double> a(rough_numbers<double>(30 * 40), {30, 40}, Layout::contiguous);
  const Array<double> b(rough_numbers<double>(30 * 40, 1), {30, 40}, Layout::transposed);
  const auto bindings = [](const auto& x, const auto& y) { return fuseval::Bindings{{"a", x}, {"b", y}, {"k", 2.5}}; };
  const fuseval::Result expected = cpu().evaluate(programs, bindings(a.view(), b.view()));
  for (const std::uint64_t order : {1, 2, 3, 4, 5}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order});
    const fuseval::Session session{fuseval::SessionOptions{}};
    check_equal(session, session.evaluate(programs, bindings(a.view(), b.view()), on("cuda")), expected);
    const fuseval::Array a_there = session.to_device(a.view(), "cuda"), b_there = session.to_device(b.view(), "cuda");
    const fuseval::Result there = session.evaluate(programs, bindings(a_there, b_there));
    CHECK(there[0].device_type() == FV_DEVICE_CUDA);
    check_equal(session, there, expected);
    const fuseval::Result chained = session.evaluate("sum(c + c), c[0]", {{"c", there[0]}});
    check_equal(session, chained, cpu().evaluate("sum(c + c), c[0]", {{"c", expected[0]}}));
  }
}

TEST_CASE("cuda: outputs on the device, in place, and mixed with the host's") {
  const FakeMachine machine;
  const fuseval::Session session{fuseval::SessionOptions{}};
  const auto a = rough_numbers<double>(100);
  const fuseval::Array there = session.to_device(a, "cuda");
  session.evaluate("a*2 + 1", {{"a", there}}, fuseval::into(there.view()));
  std::vector<double> here(100);
  session.evaluate("a - 1", {{"a", there}}, fuseval::into(here));
  for (std::size_t k = 0; k < a.size(); ++k) CHECK(here[k] == (a[k] * 2 + 1) - 1);
}

TEST_CASE("cuda: a warm call compiles nothing, allocates what it returns, launches and that is all") {
  const FakeMachine machine;
  const fuseval::Session session{fuseval::SessionOptions{}};
  const fuseval::Array a = session.to_device(rough_numbers<double>(100), "cuda"),
                       out = session.to_device(rough_numbers<double>(100), "cuda");
  const auto program = session.compile("a*2 + 1", {{"a", a}});
  program.run({{"a", a}}, fuseval::into(out.view()));
  const std::int64_t compiled = session.counters().kernels_compiled;
  const auto calls = [&](const char* symbol) { return machine.gpu->calls_of(symbol); };
  const auto launches = calls("cuLaunchKernel"), allocations = calls("cuMemAllocFromPoolAsync"),
             waits = calls("cuStreamSynchronize");
  program.run({{"a", a}}, fuseval::into(out.view()));
  CHECK(calls("cuLaunchKernel") == launches + 1);
  CHECK(calls("cuMemAllocFromPoolAsync") == allocations);
  CHECK(calls("cuStreamSynchronize") == waits);
  const fuseval::Result fresh = program.run({{"a", a}});
  CHECK(calls("cuMemAllocFromPoolAsync") == allocations + 1);
  CHECK(calls("cuStreamSynchronize") == waits);
  CHECK(session.counters().kernels_compiled == compiled);
}

TEST_CASE("cuda: a stream of the caller's") {
  for (const std::uint64_t order : {1, 2, 3, 4}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order});
    const fuseval::Session session{fuseval::SessionOptions{}};
    const auto a = rough_numbers<double>(200);
    const fuseval::Session another{fuseval::SessionOptions{}};
    fuseval::RunOptions options;
    options.stream = another.stream("cuda");
    const fuseval::Array there = session.to_device(a, "cuda");
    const fuseval::Result b = session.evaluate("sum(a*a, axis=0, keepdims=True) + a", {{"a", there}}, options);
    const fuseval::Result c = session.evaluate("b*2", {{"b", b}});  // on the session's own, after it
    check_equal(session, c, cpu().evaluate("(sum(a*a, axis=0, keepdims=True) + a)*2", {{"a", a}}));
    CHECK(session.stream("cuda") != nullptr);
    CHECK(session.stream("cuda") != options.stream);
  }
}

TEST_CASE("cuda: pinned memory is the host's") {
  const FakeMachine machine;
  const fuseval::Session session{fuseval::SessionOptions{}};
  const fuseval::Array pinned = session.empty({50}, fuseval::DType::float64, "cuda", true);
  CHECK(pinned.is_on_host());
  const auto a = rough_numbers<double>(50);
  session.evaluate("a + 1", {{"a", a}}, fuseval::into(pinned.view()), on("cuda"));
  check_equal(pinned, cpu().evaluate("a + 1", {{"a", a}}));
}

TEST_CASE("cuda: several devices") {
  const FakeMachine machine({.devices = 2});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const auto a = rough_numbers<double>(64);
  const fuseval::Array zero = session.to_device(a, "cuda:0"), one = session.to_device(a, "cuda:1");
  CHECK(one.device_id() == 1);
  const fuseval::Result there = session.evaluate("a + 1", {{"a", one}});
  CHECK(there.device_id() == 1);
  check_equal(session, there, cpu().evaluate("a + 1", {{"a", a}}));
  const fuseval::Array moved = session.to_device(one, "cuda:0");
  CHECK(moved.device_id() == 0);
  CHECK(session.to_host(moved).to_vector<double>() == a);
  CHECK(error_of([&] { session.evaluate("a + b", {{"a", zero}, {"b", one}}); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([&] { session.to_device(a, "cuda:2"); }).code() == FV_ERROR_ARGUMENT);
  fv_view lie = zero.view().raw();
  const std::int64_t shape[] = {64};
  lie.shape = shape;
  lie.byte_strides = nullptr;
  lie.device_id = 1;
  CHECK(error_of([&] { session.evaluate("a + 1", {{"a", fuseval::View(lie)}}); }).code() == FV_ERROR_ARGUMENT);
}

TEST_CASE("cuda: memory that was freed, or is too small, is not touched") {
  const FakeMachine machine;
  const fuseval::Session session{fuseval::SessionOptions{}};
  const auto a = rough_numbers<double>(64);
  const std::int64_t shape[] = {65};
  fv_view view{nullptr, FV_FLOAT64, 1, shape, nullptr, FV_DEVICE_CUDA, 0, 0};
  {
    const fuseval::Array there = session.to_device(a, "cuda");
    view.data = there.view().raw().data;
    const fuseval::Error error = error_of([&] { session.evaluate("a + 1", {{"a", fuseval::View(view)}}); });
    CHECK(error.code() == FV_ERROR_ARGUMENT);
    CHECK(std::string(error.what()).find("has 512 bytes") != std::string::npos);
  }
  const fuseval::Error error = error_of([&] { session.evaluate("a + 1", {{"a", fuseval::View(view)}}); });
  CHECK(error.code() == FV_ERROR_ARGUMENT);
  CHECK(std::string(error.what()).find("was freed") != std::string::npos);
}

TEST_CASE("cuda: no driver, no NVRTC: said, and the CPU goes on") {
  const auto a = rough_numbers<double>(10);
  SUBCASE("no driver") {
    EnvironmentVariables variables;
    variables.set("FUSEVAL_LIBCUDA", "/nowhere/libcuda.so.1");
    const fuseval::Session session{fuseval::SessionOptions{}};
    const fuseval::Error error = error_of([&] { session.evaluate("a + 1", {{"a", a}}, on("cuda")); });
    CHECK(error.code() == FV_ERROR_UNSUPPORTED);
    CHECK(std::string(error.what()).find("CUDA is not available: ") == 0);
    CHECK(session.evaluate("a + 1", {{"a", a}}).size() == 10);
  }
  SUBCASE("no NVRTC") {
    const FakeMachine machine;
    EnvironmentVariables variables;
    variables.set("FUSEVAL_LIBNVRTC", "/nowhere/libnvrtc.so");
    const fuseval::Session session{fuseval::SessionOptions{}};
    const fuseval::Error error = error_of([&] { session.evaluate("a + 1", {{"a", a}}, on("cuda")); });
    CHECK(error.code() == FV_ERROR_UNSUPPORTED);
    CHECK(std::string(error.what()).find("libnvrtc") != std::string::npos);
    CHECK(session.evaluate("a + 1", {{"a", a}}).size() == 10);
  }
}

namespace {

/// A session's first call, from arrays on the device to others on the host; what it ends with, and the calls it takes.
struct Attempt {
  Attempt(std::uint64_t failing_call, Result code) {
    const FakeMachine machine;
    const fuseval::Session session{fuseval::SessionOptions{}};
    machine.gpu->fail_call(failing_call, code);
    try {
      const fuseval::Array there = session.to_device(a, "cuda");
      session.evaluate(text, {{"a", there}}, fuseval::into(out, total));
    } catch (const fuseval::Error& error) {
      status = error.code();
    }
    calls = machine.gpu->calls();
    machine.gpu->fail_call(0, code);
    CHECK(session.evaluate(text, {{"a", a}}).count() == 2);  // the CPU goes on
  }
  static constexpr const char* text = "a*2 + 1, sum(a)";
  const std::vector<double> a = rough_numbers<double>(48);
  std::vector<double> out = std::vector<double>(48, -1.0), total = {-1.0};
  fv_status status = FV_OK;
  std::uint64_t calls = 0;
};

}  // namespace

TEST_CASE("cuda: every call of the driver failed in turn") {
  const Attempt whole(0, Result::success);
  REQUIRE(whole.status == FV_OK);
  REQUIRE(whole.calls > 60);
  for (const Result code : {Result::unknown, Result::out_of_memory, Result::illegal_address})
    for (std::uint64_t k = 1; k <= whole.calls; ++k) {
      CAPTURE(k);
      CAPTURE(static_cast<int>(code));
      const Attempt attempt(k, code);
      if (attempt.status == FV_OK) CHECK(attempt.out == whole.out);
      if (attempt.status == FV_OK) continue;
      const bool known = attempt.status == FV_ERROR_DEVICE || attempt.status == FV_ERROR_MEMORY ||
                         attempt.status == FV_ERROR_UNSUPPORTED;
      CHECK(known);
      // Only a copy down to the host may have begun to write.
      const bool untouched = attempt.out == std::vector<double>(48, -1.0);
      const bool is_written = attempt.out == whole.out;
      CHECK((untouched || is_written));
    }
}

TEST_CASE("cuda: out of memory frees what is kept, and says how much was wanted") {
  const FakeMachine machine({.memory = std::size_t{1} << 20});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const std::vector<double> a(40000, 1.0);
  for (int k = 0; k < 10; ++k) CHECK(session.evaluate("a + 1", {{"a", a}}, on("cuda")).size() == a.size());
  const std::vector<double> large(200000, 1.0);
  const fuseval::Error error = error_of([&] { session.to_device(large, "cuda"); });
  CHECK(error.code() == FV_ERROR_MEMORY);
  CHECK(std::string(error.what()).find("1600000 bytes wanted") != std::string::npos);
  CHECK(session.evaluate("a + 1", {{"a", a}}, on("cuda")).size() == a.size());
}

TEST_CASE("cuda: out of memory unloads the kernels that no program has, and no others") {
  const FakeMachine machine({.memory = std::size_t{1} << 20});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const std::vector<double> a{1.0, 2.0, 3.0}, large(200000, 1.0);
  const auto run = [&](const fuseval::Program& program) {
    return program.run({{"a", a}}, on("cuda")).to_vector<double>();
  };
  const fuseval::Program kept = session.compile("a + 1", {{"a", a}});
  CHECK(run(kept) == std::vector{2.0, 3.0, 4.0});
  CHECK(run(session.compile("a*3 - 2", {{"a", a}})) == std::vector{1.0, 4.0, 7.0});
  const auto loads = [&] { return machine.gpu->calls_of("cuModuleLoadDataEx"); };
  const auto before = loads();
  CHECK(machine.gpu->calls_of("cuModuleUnload") == 0);
  CHECK(error_of([&] { session.to_device(large, "cuda"); }).code() == FV_ERROR_MEMORY);
  CHECK(machine.gpu->calls_of("cuModuleUnload") == 1);
  CHECK(run(kept) == std::vector{2.0, 3.0, 4.0});
  CHECK(run(session.compile("a + 1", {{"a", a}})) == std::vector{2.0, 3.0, 4.0});  // the device still has that kernel
  CHECK(loads() == before);
  CHECK(run(session.compile("a*3 - 2", {{"a", a}})) == std::vector{1.0, 4.0, 7.0});
  CHECK(loads() == before + 1);
}

TEST_CASE("cuda: out of memory gives back what copies beside kernels had") {
  const FakeMachine machine({.memory = std::size_t{1} << 20});
  EnvironmentVariables variables;
  variables.set("FUSEVAL_STREAM_PART_BYTES", "4096");
  const fuseval::Session session{fuseval::SessionOptions{}};
  const std::vector<double> a(4000, 1.0), large(200000, 1.0);
  CHECK(session.evaluate("a + 1", {{"a", a}}, on("cuda")).size() == a.size());
  const auto destroyed = machine.gpu->calls_of("cuStreamDestroy_v2");
  CHECK(error_of([&] { session.to_device(large, "cuda"); }).code() == FV_ERROR_MEMORY);
  CHECK(machine.gpu->calls_of("cuStreamDestroy_v2") == destroyed + 2);
  CHECK(session.evaluate("a + 1", {{"a", a}}, on("cuda")).size() == a.size());
}

TEST_CASE("cuda: several threads on one session, on arrays of the host and of the device") {
  const FakeMachine machine({.seed = 7});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const auto a = rough_numbers<double>(500);
  const fuseval::Array there = session.to_device(a, "cuda");
  const fuseval::Result expected = cpu().evaluate("sum(a*a), a*2 - 1", {{"a", a}});
  std::vector<std::future<void>> threads;
  std::atomic<int> wrong{0};
  const auto same = [&](const fuseval::Array& found, std::size_t k) {
    return std::memcmp(found.view().raw().data, expected[k].view().raw().data, expected[k].size() * sizeof(double)) ==
           0;
  };
  for (int t = 0; t < 4; ++t)
    threads.push_back(std::async(std::launch::async, [&, t] {
      for (int round = 0; round < 5; ++round) {
        const fuseval::Result found = t % 2 == 0 ? session.evaluate("sum(a*a), a*2 - 1", {{"a", a}}, on("cuda"))
                                                 : session.evaluate("sum(a*a), a*2 - 1", {{"a", there}});
        for (std::size_t k = 0; k < 2; ++k)
          if (!same(t % 2 == 0 ? found[k] : session.to_host(found[k]), k)) ++wrong;
      }
    }));
  for (auto& thread : threads) thread.get();
  CHECK(wrong == 0);
}

TEST_CASE("cuda: numbers of the host go by value, and a call with them waits for nothing") {
  for (const std::uint64_t order : {1, 2, 3}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order});
    const fuseval::Session session{fuseval::SessionOptions{}};
    const auto a = rough_numbers<double>(100);
    const fuseval::Array there = session.to_device(a, "cuda");
    const auto program = session.compile("k*a + n", {{"k", 1.5}, {"a", there}, {"n", fuseval::scalar<float>(2)}});
    const auto run = [&](double k) { return program.run({{"k", k}, {"a", there}, {"n", fuseval::scalar<float>(2)}}); };
    run(1.5);
    const auto waits = machine.gpu->calls_of("cuStreamSynchronize"),
               copies = machine.gpu->calls_of("cuMemcpyHtoDAsync_v2");
    std::vector<fuseval::Result> results;
    for (int k = 0; k < 50; ++k) results.push_back(run(1.0 + k % 7));
    CHECK(machine.gpu->calls_of("cuStreamSynchronize") == waits);
    CHECK(machine.gpu->calls_of("cuMemcpyHtoDAsync_v2") == copies);
    for (int k = 0; k < 50; ++k)
      check_equal(session, results[static_cast<std::size_t>(k)],
                  cpu().evaluate("k*a + n", {{"k", 1.0 + k % 7}, {"a", a}, {"n", fuseval::scalar<float>(2)}}));
    for (int k = 0; k < 5000; ++k) session.evaluate("k + k", {{"k", 1e3 + k}}, on("cuda", FV_RESULTS_ON_DEVICE));
    check_equal(session, run(-0.0),
                cpu().evaluate("k*a + n", {{"k", -0.0}, {"a", a}, {"n", fuseval::scalar<float>(2)}}));
  }
}

// Arrays larger than the device's memory on a fake machine (tests/fakes), whose streams run in random legal order: what
// the queues do not wait for, and should, is found in some of them.
#include <doctest/doctest.h>

#include <iterator>

#include "same_results.hpp"
#include "tests/fakes/fake_machine.hpp"

using namespace engine_test;
using fuseval::runtime::cuda::Result;

namespace {

constexpr std::size_t device_bytes = std::size_t{1} << 20;

fuseval::RunOptions on_cuda() {
  fuseval::RunOptions options;
  options.device = "cuda";
  return options;
}

const fuseval::Session& cpu() {
  static const fuseval::Session session{fuseval::SessionOptions{}};
  return session;
}

/// Arrays of 2.4 MB each, on a device of 1 MiB.
struct Large {
  std::vector<double> a = near_one<double>(600 * 500), b = near_one<double>(600 * 500, 1), row = near_one<double>(500);
  fuseval::Bindings inputs() const {
    return {{"a", fuseval::view(a.data(), {600, 500})}, {"b", fuseval::view(b.data(), {600, 500})}, {"row", row}};
  }
};

}  // namespace

TEST_CASE("cuda streams: arrays larger than the device, the CPU's bits in any order that streams allow") {
  const Large large;
  const char* const texts[] = {"a*b + row",
                               "sum(a*b), argmax(a)",
                               "sum(a, axis=0), var(a, axis=0)",
                               "mean(a, axis=1), a[::-1] + b",
                               "exp(a - max(a, axis=1, keepdims=True))/sum(exp(a - max(a, axis=1, keepdims=True)), "
                               "axis=1, keepdims=True)",
                               "a - mean(a)"};
  for (const std::string text : texts) {
    CAPTURE(text);
    const fuseval::Result expected = cpu().evaluate(text, large.inputs());
    for (const std::uint64_t order : {1, 2, 3}) {
      CAPTURE(order);
      const FakeMachine machine({.seed = order, .memory = device_bytes});
      const fuseval::Session session{fuseval::SessionOptions{}};
      check_all_equal(session.evaluate(text, large.inputs(), on_cuda()), expected);
      check_all_equal(session.evaluate(text, large.inputs(), on_cuda()),
                      expected);  // with what the first call has kept
    }
  }
}

TEST_CASE("cuda streams: pinned arrays go directly, in place too") {
  const Large large;
  const fuseval::Result expected = cpu().evaluate("a*2 + row", large.inputs());
  for (const std::uint64_t order : {1, 2, 3}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order, .memory = device_bytes});
    const fuseval::Session session{fuseval::SessionOptions{}};
    const fuseval::Array pinned = session.empty({600, 500}, fuseval::DType::float64, "cuda", true);
    const auto allocations = machine.gpu->calls_of("cuMemHostAlloc");
    session.copy(fuseval::view(large.a.data(), {600, 500}), pinned.view());
    session.evaluate("a*2 + row", {{"a", pinned}, {"row", large.row}}, fuseval::into(pinned.view()), on_cuda());
    CHECK(std::memcmp(pinned.view().raw().data, expected[0].view().raw().data, large.a.size() * 8) == 0);
    CHECK(machine.gpu->calls_of("cuMemHostAlloc") == allocations);
  }
}

TEST_CASE("cuda streams: a caller's stream") {
  const Large large;
  const fuseval::Result expected = cpu().evaluate("a*b, sum(a)", large.inputs());
  for (const std::uint64_t order : {1, 2, 3}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order, .memory = device_bytes});
    const fuseval::Session session{fuseval::SessionOptions{}}, another{fuseval::SessionOptions{}};
    fuseval::RunOptions options = on_cuda();
    options.stream = another.stream("cuda");
    check_all_equal(session.evaluate("a*b, sum(a)", large.inputs(), options), expected);
  }
}

TEST_CASE("cuda streams: nothing is waited for between parts but what holds their memory") {
  const Large large;
  const FakeMachine machine({.memory = device_bytes});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const fuseval::Array a = session.empty({600, 500}, fuseval::DType::float64, "cuda", true),
                       out = session.empty({600, 500}, fuseval::DType::float64, "cuda", true);
  session.copy(fuseval::view(large.a.data(), {600, 500}), a.view());
  const auto once = [&] { session.evaluate("a*2 + 1", {{"a", a}}, fuseval::into(out.view()), on_cuda()); };
  once();
  const auto calls = [&](const char* symbol) { return machine.gpu->calls_of(symbol); };
  const auto waits = calls("cuStreamSynchronize") + calls("cuCtxSynchronize"), launches = calls("cuLaunchKernel"),
             events = calls("cuEventSynchronize"), streams = calls("cuStreamCreate");
  once();
  const auto parts = calls("cuLaunchKernel") - launches;
  CHECK(parts >= 10);
  CHECK(calls("cuStreamSynchronize") + calls("cuCtxSynchronize") - waits <= 8);  // of the call, not of each part
  CHECK(calls("cuEventSynchronize") - events == parts - 3);                      // of the copy up three parts before
  CHECK(calls("cuStreamCreate") == streams);
}

TEST_CASE("cuda streams: what cannot be cut is an error that says so, and the CPU goes on") {
  const Large large;
  const FakeMachine machine({.memory = device_bytes});
  const fuseval::Session session{fuseval::SessionOptions{}};
  const fuseval::Bindings turned{{"a", fuseval::view(large.a.data(), {600, 500}, {8, 4800})},
                                 {"b", fuseval::view(large.b.data(), {600, 500})}};
  const fuseval::Error error = error_of([&] { session.evaluate("a + b", turned, on_cuda()); });
  CHECK(error.code() == FV_ERROR_MEMORY);
  CHECK(contains(error.what(), "bytes of the device's memory at a time"));
  CHECK(session.evaluate("a + b", turned).size() == large.a.size());
}

namespace {

// With sanitizers an attempt takes 0.1 s of the processor, and there each call fails with one of the codes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

/// A session's first call, on a device that is too small; what it ends with, and the calls it takes.
struct Attempt {
  Attempt(std::uint64_t failing_call, Result code) {
    const FakeMachine machine({.memory = device_bytes});
    EnvironmentVariables variables;
    variables.set("FUSEVAL_STREAM_PART_BYTES", "8192");
    const fuseval::Session session{fuseval::SessionOptions{}};
    machine.gpu->fail_call(failing_call, code);
    try {
      session.evaluate(text, {{"a", a}}, fuseval::into(out, total), on_cuda());
    } catch (const fuseval::Error& error) {
      status = error.code();
      message = error.what();
    }
    calls = machine.gpu->calls();
    machine.gpu->fail_call(0, code);
    CHECK(session.evaluate(text, {{"a", a}}).count() == 2);  // the CPU goes on
  }
  static constexpr const char* text = "a*2 + 1, sum(a)";
  const std::vector<double> a = rough_numbers<double>(12300);
  std::vector<double> out = std::vector<double>(a.size(), -1.0), total = {-1.0};
  fv_status status = FV_OK;
  std::string message;
  std::uint64_t calls = 0;
};

}  // namespace

TEST_CASE("cuda streams: every call of the driver failed in turn") {
  const Attempt whole(0, Result::success);
  REQUIRE(whole.status == FV_OK);
  REQUIRE(whole.calls > 100);
  const Result codes[] = {Result::unknown, Result::out_of_memory, Result::illegal_address};
  for (const Result code : codes)
    for (std::uint64_t k = 1; k <= whole.calls; ++k) {
      if (is_sanitized && codes[k % std::size(codes)] != code) continue;
      CAPTURE(k);
      CAPTURE(static_cast<int>(code));
      const Attempt attempt(k, code);
      if (attempt.status == FV_OK) {
        CHECK(attempt.out == whole.out);
        continue;
      }
      const bool known = attempt.status == FV_ERROR_DEVICE || attempt.status == FV_ERROR_MEMORY ||
                         attempt.status == FV_ERROR_UNSUPPORTED;
      CHECK(known);
      if (attempt.out != std::vector<double>(attempt.a.size(), -1.0) && attempt.out != whole.out)
        CHECK(contains(attempt.message, "; outputs may be partly written"));
    }
}

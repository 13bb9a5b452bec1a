// Cancellation and progress: calls stop between blocks of work, wherever they are, and say what they left behind.
#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "c_abi_support.hpp"

using namespace engine_test;

namespace {

using Clock = std::chrono::steady_clock;

/// Something large enough that it is not over before it is cancelled, whenever the thread that does so gets a turn:
/// minutes of work if nothing stops it.
struct Long {
  static constexpr std::int64_t rows = 3'000'000;
  std::vector<double> a = std::vector<double>(30'000, 1.0), column = std::vector<double>(rows, 1.0);
  fuseval::Bindings bindings{{"a", a}, {"b", fuseval::view(column.data(), {rows, 1})}};
};

const char* const long_texts[] = {
    "sum(sin(a*b)**2)",                            // one output of many runs
    "sum(sin(a*b)**2, axis=0)",                    // columns
    "max(exp(a*b), axis=1)",                       // rows
    "mean(sin(a + b)), argmin(cos(a*b), axis=1)",  // several kernels
    "any(a + b < 0), std(sin(a*b), axis=0)",
    "sum(exp(a*b - max(a*b, axis=1, keepdims=True)))",  // kernels that run tile by tile
};

/// Calls report progress; the first report cancels from another thread's point of view, and the time from there counts.
struct Cancelled {
  fuseval::Error error{FV_OK, ""};
  double seconds = 0;
};

template <class Evaluate>
Cancelled cancelled(Evaluate&& evaluate) {
  fuseval::CancelToken token;
  fuseval::RunOptions options;
  options.cancel = &token;
  std::atomic<bool> running{false};
  Clock::time_point set;
  options.progress = [&](double) { return running = true; };
  std::thread canceller([&] {
    while (!running) std::this_thread::yield();
    set = Clock::now();
    token.set();
  });
  Cancelled result;
  result.error = error_of([&] { evaluate(options); });
  const auto end = Clock::now();
  running = true;
  canceller.join();
  result.seconds = std::chrono::duration<double>(end - set).count();
  return result;
}

}  // namespace

TEST_CASE("a running evaluation is cancelled, whatever its kernels are, on any number of threads") {
  const Long input;
  for (const int threads : {1, 2, 3}) {
    const fuseval::Session session = session_of(threads);
    for (const char* text : long_texts) {
      CAPTURE(std::string(text));
      CAPTURE(threads);
      const Cancelled stopped =
          cancelled([&](const fuseval::RunOptions& options) { session.evaluate(text, input.bindings, options); });
      CHECK(stopped.error.code() == FV_ERROR_CANCELLED);
      CHECK(stopped.error.message() == "the evaluation was cancelled");
      MESSAGE("stopped after " << stopped.seconds * 1e3 << " ms");
    }
    CHECK(session.evaluate("sum(a)", {{"a", input.a}}).item<double>() == 30'000);  // the session goes on
  }
}

TEST_CASE("an elementwise call into outputs is cancelled, and says that they may be partly written") {
  const std::vector<double> a(20'000, 1.0);
  std::vector<float> out(20'000 * 20'000u / 4);
  const fuseval::Session session = session_of(1);
  const Cancelled stopped = cancelled([&](const fuseval::RunOptions& options) {
    session.evaluate("sin(exp(a[:5000, newaxis] + a)) + arctan(a)", {{"a", a}},
                     fuseval::into(fuseval::view(out.data(), {5'000, 20'000})), options);
  });
  CHECK(stopped.error.code() == FV_ERROR_CANCELLED);
  CHECK(contains(stopped.error.message(), "; outputs may be partly written"));
}

TEST_CASE("a token that is set keeps calls from beginning, until it is cleared") {
  Doubles a, out;
  fv_cancel* cancel = nullptr;
  REQUIRE(fv_cancel_create(&cancel, nullptr) == FV_OK);
  CHECK(fv_cancel_is_set(cancel) == 0);
  Call call;
  call.inputs = {a.view()};
  call.outputs = {out.view()};
  call.options.cancel = cancel;
  fv_cancel_set(cancel);
  CHECK(fv_cancel_is_set(cancel) == 1);
  const Failure failure = call.failure();
  CHECK(failure.status == FV_ERROR_CANCELLED);
  CHECK(contains(failure.message, "before it began"));
  CHECK(out.data[0] == 1);
  fv_cancel_clear(cancel);
  CHECK(call.failure().status == FV_OK);
  CHECK(out.data[0] == 2);
  fv_cancel_release(cancel);
}

TEST_CASE("a call is cancelled while its text is being compiled, and the code is there for the next one") {
  const std::vector<double> a = {1, 2};
  std::string text = "0";
  for (int k = 1; k <= 250; ++k) text += " + sin(a*" + std::to_string(k) + ")";  // kernels of a tenth of a second each
  const fuseval::Session session{fuseval::SessionOptions{}};
  fuseval::CancelToken token;
  fuseval::RunOptions options;
  options.cancel = &token;
  std::thread canceller([&] {
    while (session.counters().programs_cached == 0) std::this_thread::yield();
    token.set();
  });
  const fuseval::Error error = error_of([&] { session.evaluate(text, {{"a", a}}, options); });
  const std::int64_t compiled = session.counters().kernels_compiled;
  canceller.join();
  CHECK(error.code() == FV_ERROR_CANCELLED);
  token.clear();
  const auto watched = session.evaluate(text, {{"a", a}}, options);
  const std::int64_t kernels = session.counters().kernels_compiled;
  CHECK(compiled < kernels);
  const auto plain = session.evaluate(text, {{"a", a}});
  CHECK(first_difference(watched.data<double>(), plain.data<double>(), 2) == -1);
  CHECK(session.counters().kernels_compiled == kernels);
}

TEST_CASE("a session that ends waits for what is still being compiled for it") {
  for (int round = 0; round < 3; ++round) {
    const fuseval::Session session{fuseval::SessionOptions{}};
    fuseval::RunOptions options;
    const std::vector<double> a = {1, 2};
    options.progress = [](double) { return true; };
    fuseval::CancelToken token;
    options.cancel = &token;
    std::thread canceller([&] { token.set(); });
    const std::string text = "exp(sin(a) + cos(a)*tan(a)) + arctan(a)**" + std::to_string(round + 2) + ".5";
    try {
      session.evaluate(text, {{"a", a}}, options);
    } catch (const fuseval::Error& error) {
      CHECK(error.code() == FV_ERROR_CANCELLED);
    }
    canceller.join();
  }
}

TEST_CASE("a signal handler sets the token") {
  static fv_cancel* cancel = nullptr;
  REQUIRE(fv_cancel_create(&cancel, nullptr) == FV_OK);
  const auto before = std::signal(SIGUSR1, [](int) { fv_cancel_set(cancel); });
  Doubles a;
  Call call;
  call.inputs = {a.view()};
  call.options.cancel = cancel;
  call.options.progress = [](void*, double) { return std::raise(SIGUSR1); };
  CHECK(call.failure().status == FV_OK);  // too short for a report
  std::raise(SIGUSR1);
  CHECK(call.failure().status == FV_ERROR_CANCELLED);
  std::signal(SIGUSR1, before);
  fv_cancel_release(cancel);
}

TEST_CASE("progress never goes back, comes on the calling thread and can stop the call") {
  const Long input;
  for (const int threads : {1, 3}) {
    const fuseval::Session session = session_of(threads);
    std::vector<double> reports;
    bool at_home = true;
    fuseval::RunOptions options;
    options.progress = [&, home = std::this_thread::get_id()](double fraction) {
      at_home &= std::this_thread::get_id() == home;
      reports.push_back(fraction);
      return reports.size() < 5;
    };
    const auto error = error_of([&] { session.evaluate("sum(sin(a*b))", input.bindings, options); });
    CHECK(error.code() == FV_ERROR_CANCELLED);
    CHECK(at_home);
    REQUIRE(reports.size() == 5);
    CHECK(std::is_sorted(reports.begin(), reports.end()));
    CHECK(reports.front() > 0);
    CHECK(reports.back() <= 1);
  }
}

TEST_CASE("a progress hook that throws is an error of the call") {
  const Long input;
  const fuseval::Session session = session_of(2);
  fuseval::RunOptions options;
  options.progress = [](double) -> bool { throw std::runtime_error("the display is gone"); };
  const auto error = error_of([&] { session.evaluate("sum(sin(a*b))", input.bindings, options); });
  CHECK(error.code() == FV_ERROR_HOOK);
  CHECK(error.message() == "the progress hook threw an exception: the display is gone");
}

TEST_CASE("watching a call does not change a bit of its results") {
  const fuseval::Session alone = session_of(1), several = session_of(3);
  const std::vector<float> a = rough_numbers<float>(3'000'017);
  const fuseval::View table = fuseval::view(a.data(), {1499, 1999});
  fuseval::CancelToken token;
  fuseval::RunOptions watched;
  watched.cancel = &token;
  for (const char* text : {"sum(a)", "sum(t, axis=0)", "sum(t, axis=1)", "var(a)", "std(t, axis=0)", "argmax(a)",
                           "prod(1 + a*1e-9)", "t[:, ::-1]*2", "sum(t[::7], axis=1), mean(t[::7])"}) {
    CAPTURE(std::string(text));
    const fuseval::Bindings bindings{{"a", a}, {"t", table}};
    const auto plain = alone.evaluate(text, bindings);
    for (const fuseval::Session* session : {&alone, &several}) {
      const auto seen = session->evaluate(text, bindings, watched);
      REQUIRE(seen.count() == plain.count());
      for (std::size_t k = 0; k < plain.count(); ++k) {
        const fuseval::Array x = plain[k], y = seen[k];
        REQUIRE(x.size() == y.size());
        const auto bytes = x.size() * static_cast<std::size_t>(fv_dtype_size(static_cast<std::int32_t>(x.dtype())));
        CHECK(std::memcmp(x.view().raw().data, y.view().raw().data, bytes) == 0);
      }
    }
  }
}

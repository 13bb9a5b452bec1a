// What a host lends a session: memory, threads, an ear. And what happens when it lends them badly.
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "c_abi_support.hpp"

using namespace engine_test;

namespace {

/// Hooks that count, as a host would have them.
struct Host {
  std::atomic<int> blocks{0};
  std::atomic<int> allocated{0};
  std::atomic<int> parallel{0};
  std::mutex mutex;
  std::vector<std::string> lines;

  fuseval::Hooks hooks() {
    fuseval::Hooks hooks;
    hooks.allocate = [this](std::size_t bytes, std::size_t alignment) {
      ++blocks, ++allocated;
      return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    };
    hooks.deallocate = [this](void* memory, std::size_t) {
      --blocks;
      std::free(memory);
    };
    hooks.parallel_for = [this](std::int64_t count, const std::function<void(std::int64_t)>& task) {
      ++parallel;
      std::vector<std::thread> threads;
      for (std::int64_t k = 1; k < count; ++k) threads.emplace_back(task, k);
      task(0);
      for (std::thread& thread : threads) thread.join();
    };
    hooks.log = [this](fuseval::LogLevel, std::string_view message) {
      std::lock_guard lock(mutex);
      lines.emplace_back(message);
    };
    return hooks;
  }
};

fuseval::Session session_with(const fuseval::Hooks& hooks, int threads = 3) {
  fuseval::SessionOptions options;
  options.threads = threads;
  options.hooks = hooks;
  return fuseval::Session(options);
}

const std::vector<double> large(2'000'000, 0.5);

}  // namespace

TEST_CASE("results and temporaries lie in the host's memory, and outlive session and program") {
  Host host;
  fuseval::Array kept;
  {
    const fuseval::Session session = session_with(host.hooks());
    kept = session.evaluate("a + 1", {{"a", large}})[0];
    CHECK(host.blocks == 1);
    const auto before = host.allocated.load();
    session.evaluate("a[::-1] - mean(a)", {{"a", large}});
    CHECK(host.allocated > before);
    CHECK(host.blocks == 1);
    std::vector<double> out(large.size());
    session.evaluate("a + 1", {{"a", large}}, fuseval::into(out));
    CHECK(host.blocks == 1);
  }
  CHECK(host.blocks == 1);
  CHECK(kept.at<double>(-1) == 1.5);
  kept = fuseval::Array();
  CHECK(host.blocks == 0);
}

TEST_CASE("the host's threads do the work, with the same bits") {
  Host host;
  const fuseval::Session lent = session_with(host.hooks()), own = session_of(3);
  const std::vector<double> rough = rough_numbers<double>(1'000'003);
  for (const char* text : {"sum(a)", "var(a)", "sum(a.reshape(1, -1)*3, axis=0)", "a*a + 1"}) {
    CAPTURE(std::string(text));
    const auto x = lent.evaluate(text, {{"a", rough}}), y = own.evaluate(text, {{"a", rough}});
    CHECK(x.to_vector<double>() == y.to_vector<double>());
  }
  CHECK(host.parallel > 0);
  CHECK(lent.counters().threads_used >= 1);
  const int calls = host.parallel;
  fuseval::RunOptions alone;
  alone.threads = 1;
  lent.evaluate("sum(a)", {{"a", rough}}, alone);
  CHECK(host.parallel == calls);
}

TEST_CASE("the log tells what is planned") {
  Host host;
  const fuseval::Session session = session_with(host.hooks());
  session.evaluate("a + 41", {{"a", large}});
  REQUIRE(!host.lines.empty());
  CHECK(contains(host.lines[0], "a + 41"));
  CHECK(contains(host.lines[0], "1 kernel"));
  const std::size_t before = host.lines.size();
  session.evaluate("a + 41", {{"a", large}});
  CHECK(host.lines.size() == before);
}

TEST_CASE("a hook that throws or fails is an error of the call, and the session goes on") {
  const auto outcome = [](auto&& spoil) {
    Host host;
    fuseval::Hooks hooks = host.hooks();
    spoil(hooks);
    const fuseval::Session session = session_with(hooks);
    const auto error = error_of([&] { session.evaluate("sum(a*3), a + 1", {{"a", large}}); });
    CHECK(error_of([&] { session.evaluate("1 +"); }).code() == FV_ERROR_SYNTAX);
    return error;
  };
  CHECK(outcome([](fuseval::Hooks&) {}).code() == FV_OK);
  const auto thrown = outcome([](fuseval::Hooks& hooks) {
    hooks.allocate = [](std::size_t, std::size_t) -> void* { throw std::runtime_error("the arena is full"); };
  });
  CHECK(thrown.code() == FV_ERROR_HOOK);
  CHECK(contains(thrown.message(), "the arena is full"));
  CHECK(outcome([](fuseval::Hooks& hooks) {
          hooks.allocate = [](std::size_t, std::size_t) -> void* { return nullptr; };
        }).code() == FV_ERROR_MEMORY);
  CHECK(outcome([](fuseval::Hooks& hooks) {
          hooks.parallel_for = [](std::int64_t, const auto&) { throw 5; };
        }).code() == FV_ERROR_HOOK);
  CHECK(outcome([](fuseval::Hooks& hooks) {
          hooks.parallel_for = [](std::int64_t, const auto& task) { task(0); };
        }).code() == FV_ERROR_HOOK);
  CHECK(outcome([](fuseval::Hooks& hooks) {
          hooks.log = [](fuseval::LogLevel, std::string_view) { throw std::runtime_error("disk full"); };
        }).code() == FV_ERROR_HOOK);
  fuseval::Hooks half = Host().hooks();
  half.deallocate = nullptr;
  CHECK(error_of([&] { session_with(half); }).code() == FV_ERROR_ARGUMENT);
}

TEST_CASE("the host is told once when its hooks are needed no more") {
  static int released;
  released = 0;
  auto hooks = sized<fv_hooks>();
  hooks.user = &released;
  hooks.release = [](void* user) { ++*static_cast<int*>(user); };
  auto options = sized<fv_session_options>();
  options.hooks = &hooks;
  fv_session* session = nullptr;
  REQUIRE(fv_session_create(&options, &session, nullptr) == FV_OK);
  fv_program* program = nullptr;
  REQUIRE(fv_compile(session, "1 + 1", 5, nullptr, nullptr, 0, &program, nullptr) == FV_OK);
  fv_session_release(session);
  CHECK(released == 0);
  fv_program_release(program);
  CHECK(released == 1);
  options.threads = -1;
  CHECK(fv_session_create(&options, &session, nullptr) == FV_ERROR_ARGUMENT);
  CHECK(released == 1);
  hooks.struct_size = 3;
  options.threads = 0;
  const Failure failure = failure_of([&](fv_error** error) { return fv_session_create(&options, &session, error); });
  CHECK(failure.status == FV_ERROR_INVALID_HANDLE);
  CHECK(contains(failure.message, "fv_hooks.struct_size"));
}

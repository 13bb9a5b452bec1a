// Caches: what is compiled once, what is forgotten, and that memory stays flat over thousands of programs.
#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "support.hpp"

using namespace engine_test;

namespace {

using Doubles = std::vector<double>;

fuseval::Session limited(std::int64_t programs, std::int64_t kernels, int threads = 1) {
  fuseval::SessionOptions options;
  options.threads = threads;
  options.programs = programs;
  options.kernels = kernels;
  return fuseval::Session(options);
}

/// A random expression over a, b, c: trees differ in structure, so that each is machine code of its own.
class Grammar {
 public:
  explicit Grammar(std::uint64_t start) : random_(start) {}

  std::string expression(int depth) {
    if (depth == 0) return std::string(1, "abc"[random_() % 3]);
    switch (random_() % 5) {
      case 0:
        return "(" + expression(depth - 1) + " + " + expression(depth - 1) + ")";
      case 1:
        return "(" + expression(depth - 1) + " - " + expression(depth / 2) + ")";
      case 2:
        return "(" + expression(depth / 2) + " * " + expression(depth - 1) + ")";
      case 3:
        return "maximum(" + expression(depth - 1) + ", " + expression(depth / 2) + ")";
      default:
        return "abs(" + expression(depth - 1) + ")";
    }
  }

 private:
  std::mt19937_64 random_;
};

/// Resident bytes of this process.
std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

int program_count() {
  const char* wanted = std::getenv("FUSEVAL_PROGRAMS");
  return wanted != nullptr ? std::max(300, std::atoi(wanted)) : 1000;
}

}  // namespace

TEST_CASE("thousands of distinct programs leave memory flat, and the limits are kept") {
  MESSAGE("seed " << seed);
  const int count = program_count();
  const fuseval::Session session = limited(64, 64);
  const Doubles a = {1, -2, 3}, b = {4, 5, -6}, c = {0.5, 2, 9};
  Grammar grammar(seed);
  std::int64_t warm = 0;
  for (int k = 0; k < count; ++k) {
    session.evaluate(grammar.expression(5), {{"a", a}, {"b", b}, {"c", c}});
    if (k == count / 3) warm = resident_bytes();
  }
  const fv_counters counters = session.counters();
  MESSAGE(count << " programs, " << counters.kernels_compiled << " kernels, " << counters.compile_seconds << " s, "
                << (resident_bytes() - warm) / 1024 << " KiB grown after the first third");
  CHECK(counters.kernels_compiled > count * 3 / 4);
  CHECK(counters.kernels_cached <= 64);
  CHECK(counters.programs_cached <= 64);
  CHECK(counters.code_bytes < 64 * 64 * 1024);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what is freed
  // Two thirds of the programs: kept code and texts alone would be some 10 KiB each.
  CHECK(resident_bytes() - warm < 1024 * (4096 + count / 2));
#endif
}

TEST_CASE("sizes, literals and names make no new machine code") {
  const fuseval::Session session = limited(0, 0);
  const Doubles a(1000, 1.5), b(1000, 2.5);
  const auto evaluate = [&](const char* text, std::size_t size) {
    return session.evaluate(text, {{"a", fuseval::view(a.data(), {static_cast<std::int64_t>(size)})},
                                   {"b", fuseval::view(b.data(), {static_cast<std::int64_t>(size)})}});
  };
  CHECK(evaluate("2.0*a + b", 10).at<double>(0) == 5.5);
  const std::int64_t compiled = session.counters().kernels_compiled;
  CHECK(compiled == 1);
  for (std::size_t size : {2, 3, 11, 64, 999, 1000}) CHECK(evaluate("2.0*a + b", size).at<double>(-1) == 5.5);
  CHECK(evaluate("3.5*a + b", 10).at<double>(0) == 7.75);
  CHECK(evaluate("-0.5*b + a", 10).at<double>(0) == 0.25);
  CHECK(evaluate("4.0*a + b", 10).at<double>(0) == 8.5);
  CHECK(session.counters().kernels_compiled == compiled);
  CHECK(session.evaluate("7.0*x + y", {{"x", a}, {"y", b}}).at<double>(0) == 13);
  CHECK(session.counters().kernels_compiled == compiled);
  evaluate("2.0*a - b", 10);
  CHECK(session.counters().kernels_compiled == compiled + 1);
}

TEST_CASE("a repeated call makes no new plan") {
  const fuseval::Session session = limited(0, 0);
  Doubles a(100, 2), out(100);
  for (int k = 0; k < 5; ++k) session.evaluate("a*a", {{"a", a}}, fuseval::into(out));
  CHECK(session.counters().plans_made == 1);
  CHECK(session.counters().programs_cached == 1);
  const Doubles other(100, 3);
  session.evaluate("a*a", {{"a", other}}, fuseval::into(out));
  CHECK(out[99] == 9);
  CHECK(session.counters().plans_made == 1);
}

TEST_CASE("what was forgotten is made again, and gives the same") {
  const fuseval::Session session = limited(1, 1);
  const Doubles a = {1, 2, 3};
  for (int round = 0; round < 3; ++round) {
    CHECK(session.evaluate("a + 1.0", {{"a", a}}).to_vector<double>() == Doubles{2, 3, 4});
    CHECK(session.evaluate("a * 2.0", {{"a", a}}).to_vector<double>() == Doubles{2, 4, 6});
  }
  CHECK(session.counters().kernels_compiled == 6);
  CHECK(session.counters().kernels_cached == 1);
  CHECK(session.counters().programs_cached == 1);
  // A program keeps its code, whatever the cache forgets.
  const fuseval::Program program = session.compile("a - 0.5", {{"a", a}});
  for (int k = 0; k < 3; ++k) {
    session.evaluate("a / 2.0", {{"a", a}});
    CHECK(program(a).to_vector<double>() == Doubles{0.5, 1.5, 2.5});
  }
}

TEST_CASE("eight threads that ask for one new program compile one kernel") {
  const Doubles a(64, 2);
  for (int round = 0; round < 8; ++round) {
    const fuseval::Session session = limited(0, 0);
    const std::string text = "a*a + abs(a" + std::string(static_cast<std::size_t>(round), ' ') + ") - sin(a)";
    std::atomic<int> waiting{8}, wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        --waiting;
        while (waiting > 0) std::this_thread::yield();
        const double value = session.evaluate(text, {{"a", a}}).at<double>(63);
        wrong += std::abs(value - (6 - std::sin(2.0))) > 1e-12;
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(session.counters().kernels_compiled == 1);
    CHECK(session.counters().programs_cached == 1);
  }
}

TEST_CASE("eight threads with programs of their own") {
  const fuseval::Session session = limited(4, 4, 2);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      const Doubles a(static_cast<std::size_t>(20000 + t), 3);
      for (int k = 0; k < 12; ++k) {
        const int terms = (t + k) % 9;  // each a structure of its own
        std::string text = "a";
        for (int term = 0; term < terms; ++term) text += " + a";
        const double expected = 3.0 * (terms + 1);
        const auto result = session.evaluate(text, {{"a", a}});
        wrong += result.at<double>(0) != expected || result.at<double>(-1) != expected;
        const double total = session.evaluate("sum(" + text + ")", {{"a", a}}).item<double>();
        wrong += total != expected * static_cast<double>(a.size());
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(session.counters().kernels_cached <= 4);
}

TEST_CASE("programs and results outlive their session") {
  const Doubles a(50000, 1.25);
  auto session = std::make_unique<fuseval::Session>(session_of(2));
  const fuseval::Program program = session->compile("a*2.0 + sum(a)", {{"a", a}});
  const fuseval::Result before = program(a);
  session.reset();
  CHECK(before.at<double>(-1) == 2.5 + 62500);
  CHECK(program(a).at<double>(7) == 2.5 + 62500);
  const Doubles fewer(10, 1);
  CHECK(program(fewer).at<double>(0) == 12);
}

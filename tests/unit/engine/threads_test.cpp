// One program, many threads, many layouts: more than the program pins, so that its recent ones come and go meanwhile.
// Meant for the thread sanitizer as much as for its checks.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "support.hpp"

using namespace engine_test;

TEST_CASE("four threads share a program over sixty layouts") {
  const fuseval::Session session = session_of(2);
  std::vector<double> data(20000);
  for (std::size_t k = 0; k < data.size(); ++k) data[k] = static_cast<double>(k % 17);
  const auto view_of = [&](int which) {
    const std::int64_t n = 10 + which, step = 1 + which % 5;
    const std::int64_t sign = which % 3 == 0 ? -1 : 1;
    const std::int64_t first = sign < 0 ? n * step : 0;
    return fuseval::view(data.data() + first, {n}, {8 * step * sign});
  };
  constexpr int layouts = 60;
  std::vector<double> expected;
  for (int which = 0; which < layouts; ++which) {
    const auto view = view_of(which);  // raw points into it
    const fv_view raw = view.raw();
    double total = 0;
    for (std::int64_t k = 0; k < raw.shape[0]; ++k)
      total += 2 * *reinterpret_cast<double*>(static_cast<char*>(raw.data) + k * raw.byte_strides[0]) + 1;
    expected.push_back(total);
  }
  const fuseval::Program program = session.compile("sum(2*a + k)", {{"a", view_of(0)}, {"k", 1.0}});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::mt19937_64 random(seed + static_cast<std::uint64_t>(t));
      for (int k = 0; k < 400; ++k) {
        // Some layouts are met often, the others seldom.
        const int which = static_cast<int>(k % 2 == 0 ? random() % 20 : random() % layouts);
        wrong += program(view_of(which), 1.0).item<double>() != expected[static_cast<std::size_t>(which)];
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  // The layouts' classes are few: machine code is shared among them.
  CHECK(session.counters().kernels_compiled <= 4);
  CHECK(session.counters().plans_made >= layouts);
}

TEST_CASE("several threads, large arrays, one pool") {
  const fuseval::Session session = session_of(3);
  const std::vector<double> a(400000, 2);
  const fuseval::Program program = session.compile("sum(a*a), a + k", {{"a", a}, {"k", 1.0}});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      std::vector<double> out(a.size());
      double total = 0;
      for (int k = 0; k < 10; ++k) {
        const double added = t * 100 + k;
        program.with(fuseval::Outputs({fuseval::view(&total, {}), fuseval::view(out.data(), {400000})}), {})(a, added);
        wrong += total != 1600000 || out.front() != 2 + added || out.back() != 2 + added;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("specialisations that depend on a weak scalar's value") {
  const fuseval::Session session = session_of(1);
  const std::vector<double> a = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const fuseval::Program program = session.compile("a[i:]", {{"a", a}, {"i", 0}});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int k = 0; k < 100; ++k) {
        const int first = (k * (t + 1)) % 10;
        const auto result = program(a, first);
        wrong += result.size() != static_cast<std::size_t>(10 - first) || result.at<double>(0) != first;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

// All 2^32 float32 arguments of the elementary functions of one argument.
//
//   exhaustive [--part N] [--threads N] [function…]
//
// MPFR would take hours: each result is compared with the float64 C library first, whose error is below 2^-28 of a
// float32 unit, and MPFR is asked only where that leaves the bound in doubt, or where the largest error so far is
// beaten.
// --part N looks at one pattern in N, evenly spread. Exits 1 on a violation.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "codegen/math/math.hpp"
#include "tests/numerics/oracle.hpp"

namespace fuseval::numerics {

namespace {

namespace math = codegen::math;

/// Flattened, so that the host emitter's dtype is known at compile time: five times faster than MathFunction::host.
#define FAST(name)                                                                          \
  [[gnu::flatten, gnu::noinline]] float fast_##name(float x) {                              \
    HostEmitter e;                                                                          \
    return codegen::host_get<float>(math::name(e, codegen::host_value(DType::float32, x))); \
  }
FAST(exp)
FAST(log)
FAST(sin)
FAST(cos)
FAST(tan)
FAST(arcsin)
FAST(arccos)
FAST(arctan)
FAST(tanh)
#undef FAST

struct Fast {
  const char* name;
  float (*evaluate)(float);
};
constexpr Fast fast_functions[] = {{"exp", fast_exp},       {"log", fast_log},       {"sin", fast_sin},
                                   {"cos", fast_cos},       {"tan", fast_tan},       {"arcsin", fast_arcsin},
                                   {"arccos", fast_arccos}, {"arctan", fast_arctan}, {"tanh", fast_tanh}};

/// The error in units in the last place by the float64 result, which is itself within a unit of float64.
double rough_error(float got, double expected) {
  if (std::isnan(got) || std::isnan(expected)) return std::isnan(got) && std::isnan(expected) ? 0 : HUGE_VAL;
  if (std::signbit(got) != std::signbit(expected)) return HUGE_VAL;
  const double magnitude = std::fabs(expected);
  if (magnitude >= 0x1p128) return std::isinf(got) ? 0 : HUGE_VAL;
  const double value = std::isinf(got) ? std::copysign(0x1p128, got) : got;
  const auto biased = static_cast<int>(std::bit_cast<uint64_t>(magnitude) >> 52);
  const int unit = std::max(biased - 1023 - 23, -149);  // the exponent of the float32 spacing there
  return std::fabs(value - expected) * std::bit_cast<double>(static_cast<uint64_t>(1023 - unit) << 52);
}

struct Outcome {
  std::mutex mutex;
  double largest = 0;
  float at = 0;
  uint64_t asked = 0, violations = 0;
};

struct Task {
  const MathFunction& function;
  const Fast& fast;
  uint64_t part;
  std::atomic<uint64_t> next{0};
  Outcome outcome;
};

constexpr uint64_t pattern_count = uint64_t{1} << 32, chunk_size = uint64_t{1} << 22;

/// One chunk of patterns; a thread's own largest error spares most questions to MPFR.
void run_chunk(Task& task, uint64_t first, Oracle& oracle, double& largest) {
  for (uint64_t pattern = first; pattern < first + chunk_size; pattern += task.part) {
    const float x = std::bit_cast<float>(static_cast<uint32_t>(pattern));
    const float got = task.fast.evaluate(x);
    const double rough = rough_error(got, task.function.libm(x, 0));
    if (rough <= largest + 1e-7 && rough <= task.function.bound - 1e-3) continue;
    const double error = oracle.error(task.function, x, 0.0f, got);
    largest = std::max(largest, error);
    const std::scoped_lock lock(task.outcome.mutex);
    ++task.outcome.asked;
    if (error > task.outcome.largest) {
      task.outcome.largest = error;
      task.outcome.at = x;
    }
    if (error > task.function.bound && ++task.outcome.violations <= 10) {
      fmt::print("\n{}({:a}) is {:a}: {:.4f} ulp off\n", task.function.name, x, got, error);
    }
  }
}

void work(Task& task, bool show) {
  Oracle oracle;
  double largest = 0.5;  // what rounding alone costs is not worth a question
  for (uint64_t first; (first = task.next.fetch_add(chunk_size)) < pattern_count;) {
    run_chunk(task, first, oracle, largest);
    if (show) fmt::print(stderr, "\r{:8} {:3} %", task.function.name, 100 * first / pattern_count);
  }
}

/// True where every error is within the bound.
bool run(const Fast& fast, uint64_t part, unsigned thread_count) {
  const auto start = std::chrono::steady_clock::now();
  Task task{math_function(fast.name), fast, part, {}, {}};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i + 1 < thread_count; ++i) threads.emplace_back([&] { work(task, false); });
  work(task, isatty(2));
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print(
      "{}{:8} float32  bound {}  largest error {:.4f} ulp at {:a}  ({} patterns, {} by MPFR, {} violations, {:.0f} "
      "s)\n",
      isatty(2) ? "\r" : "", fast.name, task.function.bound, task.outcome.largest, task.outcome.at,
      pattern_count / part, task.outcome.asked, task.outcome.violations, seconds);
  std::fflush(stdout);
  return task.outcome.violations == 0;
}

int usage(const std::string& word) {
  fmt::print(stderr, "exhaustive: not a function of one argument or an option: {}\n", word);
  fmt::print(stderr, "usage: exhaustive [--part N] [--threads N] [function…]\n");
  return 2;
}

int main_of(const std::vector<std::string>& words) {
  uint64_t part = 1;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<const Fast*> chosen;
  for (size_t i = 0; i < words.size(); ++i) {
    if ((words[i] == "--part" || words[i] == "--threads") && i + 1 < words.size()) {
      const uint64_t number = std::strtoull(words[i + 1].c_str(), nullptr, 10);
      if (number == 0 || number > chunk_size) return usage(words[i + 1]);
      if (words[i] == "--part")
        part = number;
      else
        threads = static_cast<unsigned>(number);
      ++i;
      continue;
    }
    const auto* found = std::find_if(std::begin(fast_functions), std::end(fast_functions),
                                     [&](const Fast& fast) { return fast.name == words[i]; });
    if (found == std::end(fast_functions)) return usage(words[i]);
    chosen.push_back(found);
  }
  if (chosen.empty()) {
    for (const auto& fast : fast_functions) chosen.push_back(&fast);
  }
  bool right = true;
  for (const auto* fast : chosen) right &= run(*fast, part, threads);
  return right ? 0 : 1;
}

}  // namespace

}  // namespace fuseval::numerics

int main(int argc, char** argv) { return fuseval::numerics::main_of(std::vector<std::string>(argv + 1, argv + argc)); }

// A caller's floating-point environment: flush-to-zero, denormals-are-zero or another rounding direction change no bit
// of any result, on no thread, and are as they were when the call returns. Nor does a call raise a flag in its caller,
// or a signal where the caller has unmasked exceptions.
#include <doctest/doctest.h>
#include <xmmintrin.h>

#include <atomic>
#include <cfenv>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <thread>

#include "support.hpp"

using namespace engine_test;

namespace {

constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040, upwards = 0x4000, downwards = 0x2000,
                   sticky_flags = 0x3f;

class Control {
 public:
  explicit Control(unsigned bits) : before_(_mm_getcsr()) { _mm_setcsr((before_ & ~sticky_flags) | bits); }
  ~Control() { _mm_setcsr(before_); }

 private:
  unsigned before_;
};

std::vector<double> with_subnormals(std::size_t count) {
  std::vector<double> numbers = rough_numbers<double>(count);
  for (std::size_t k = 0; k < count; k += 3) numbers[k] = std::ldexp(numbers[k], -1050);
  return numbers;
}

const char* const texts[] = {"a*0.5",     "a + a/3", "a*1e-300",           "exp(a)", "sin(a) - 0.1", "sum(a)",
                             "mean(a*a)", "var(a)",  "a.astype(float32)/3"};

std::string bytes_of(const fuseval::Session& session, const char* text, const std::vector<double>& a) {
  const fuseval::Result result = session.evaluate(text, {{"a", a}});
  const fv_view view = result.view().raw();
  return {static_cast<const char*>(view.data), result.size() * static_cast<std::size_t>(fv_dtype_size(view.dtype))};
}

}  // namespace

TEST_CASE("results do not depend on the caller's control register, which is kept") {
  const std::vector<double> a = with_subnormals(200000);
  const fuseval::Session plain = session_of(3);
  for (const unsigned bits : {flush_to_zero, denormals_are_zero, flush_to_zero | denormals_are_zero, upwards, downwards,
                              upwards | downwards}) {
    CAPTURE(bits);
    // Sessions made inside start their workers inside: threads inherit the register of the thread that makes them.
    for (const char* text : texts) {
      CAPTURE(std::string(text));
      const std::string expected = bytes_of(plain, text, a);
      std::string got, warm;
      unsigned control = 0;
      {
        const Control environment(bits);
        const fuseval::Session inside = session_of(3);
        got = bytes_of(inside, text, a);
        warm = bytes_of(inside, text, a);
        control = _mm_getcsr();
      }
      CHECK((control & ~sticky_flags) == ((_mm_getcsr() & ~sticky_flags) | bits));
      CHECK(got == expected);
      CHECK(warm == expected);
    }
  }
}

TEST_CASE("subnormals survive under flush-to-zero, also in constants and scalars") {
  const double tiny = std::numeric_limits<double>::denorm_min() * 8;
  const std::vector<double> a = {tiny, -tiny};
  double halved = 0, folded = 0, weak = 0, compiled = 0;
  {
    const Control environment(flush_to_zero | denormals_are_zero);
    halved = fuseval::evaluate("a*0.5", {{"a", a}}).at<double>(1);
    folded = fuseval::evaluate("4e-320*0.5 + zeros(1)").at<double>(0);
    weak = fuseval::evaluate("x*0.5 + zeros(1)", {{"x", tiny}}).at<double>(0);
    compiled = fuseval::compile("a*0 + 4e-320*0.5", {{"a", a}})(a).at<double>(0);
  }
  CHECK(halved == -tiny / 2);
  CHECK(folded == 2e-320);
  CHECK(compiled == 2e-320);
  CHECK(weak == tiny / 2);
}

TEST_CASE("errors restore the register too") {
  const Control environment(flush_to_zero);
  const unsigned before = _mm_getcsr() & ~sticky_flags;
  CHECK(error_of([] { fuseval::evaluate("a +"); }).code() == FV_ERROR_SYNTAX);
  CHECK((_mm_getcsr() & ~sticky_flags) == before);
  const std::vector<std::int64_t> a = {2}, b = {-1};
  CHECK(error_of([&] { fuseval::evaluate("a**b", {{"a", a}, {"b", b}}); }).code() == FV_ERROR_VALUE);
  CHECK((_mm_getcsr() & ~sticky_flags) == before);
}

namespace {

/// What a host calls, every kind of entry that reads numbers or computes.
std::vector<std::function<void()>> computing_calls(const fuseval::Session& session, const std::vector<double>& a) {
  const std::vector<double> few(a.begin(), a.begin() + 5);
  static std::vector<double> out(5);
  const auto program = std::make_shared<fuseval::Program>(session.compile("a/3 - 1/a", {{"a", few}}));
  const auto sum = std::make_shared<fuseval::Program>(session.compile("sum(exp(a)/a)", {{"a", a}}));
  return {
      [&session, few] {
        session.evaluate("a/3 + 0.1", {{"a", few}});
      },
      [&session, &a] {
        session.evaluate("a/0 + exp(a*1e6) + sqrt(-abs(a)) + a*1e-320", {{"a", a}});
      },
      [&session, &a] {
        session.evaluate("sum(1/a), var(a), a.astype(int8), a.astype(float32)", {{"a", a}});
      },
      [&session] { session.evaluate("zeros(3) + 0.1 + 1e-300*1e-300 + exp(1000.0) + log(0.0)"); },
      [&session, few] {
        session.compile("a*(1e300*1e300)", {{"a", few}});
      },
      [&session, few] {
        session.explain("a*0.1 + 1e-400", {{"a", few}}, "asm");
      },
      [&session, few] {
        session.explain("a*0.1 + 1e-400", {{"a", few}}, "cuda");
      },
      [program, few] { (*program)(few); },
      [program, few] { program->into(out)(few); },
      [sum, &a] { (*sum)(a); },
      [] { fuseval::free_names("0.1*a + 1e-400"); },
      [&session] { session.counters(); },
      [&session] { session.info(); },
      [&session, few] { error_of([&] {
                          session.evaluate("a/0.1 + b", {{"a", few}});
                        }); },
  };
}

std::vector<double> zeros_and_huge(std::size_t count) {
  std::vector<double> numbers = rough_numbers<double>(count);
  for (std::size_t k = 0; k < count; k += 4) numbers[k] = k % 8 == 0 ? 0 : 1e300;
  return numbers;
}

}  // namespace

TEST_CASE("no call raises a flag in its caller, or lowers one") {
  const std::vector<double> a = zeros_and_huge(200000);
  for (const int before : {0, FE_INEXACT, FE_DIVBYZERO | FE_UNDERFLOW}) {
    const fuseval::Session session = session_of(3);
    const auto calls = computing_calls(session, a);
    for (int round = 0; round < 2; ++round)
      for (std::size_t k = 0; k < calls.size(); ++k) {
        CAPTURE(k);
        std::feclearexcept(FE_ALL_EXCEPT);
        std::feraiseexcept(before);
        calls[k]();
        const int after = std::fetestexcept(FE_ALL_EXCEPT);
        CHECK(after == before);
      }
  }
  std::feclearexcept(FE_ALL_EXCEPT);
}

TEST_CASE("a caller that has unmasked exceptions gets no signal, and keeps them unmasked") {
  const std::vector<double> a = zeros_and_huge(200000);
  std::feclearexcept(FE_ALL_EXCEPT);
  const int before = feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW);
  int kept = 0;
  std::size_t count = 0;
  {
    const fuseval::Session session = session_of(3);
    const auto calls = computing_calls(session, a);
    count = calls.size();
    for (const auto& call : calls) {
      call();
      kept += fegetexcept() == (FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW) ? 1 : 0;
    }
  }
  fedisableexcept(FE_ALL_EXCEPT);
  feenableexcept(before);
  CHECK(kept == static_cast<int>(count));
}

TEST_CASE("ranks as threads of a caller that has unmasked exceptions get no signal, and their functions keep them") {
  std::feclearexcept(FE_ALL_EXCEPT);
  const int before = feenableexcept(FE_ALL_EXCEPT);
  std::atomic<int> kept = 0;
  fuseval::run_ranks(3, [&](const fuseval::World&) { kept += fegetexcept() == FE_ALL_EXCEPT ? 1 : 0; });
  fedisableexcept(FE_ALL_EXCEPT);
  feenableexcept(before);
  CHECK(kept == 3);
}

TEST_CASE("changes of a hook to x87 are undone: rounding, masks and flags of long double") {
  const std::vector<double> a(100'000, 1.0);
  volatile long double zero = 0;
  fuseval::RunOptions options;
  int calls = 0;
  options.progress = [&](double) {
    ++calls;
    std::fesetround(FE_UPWARD);
    const long double quotient = 1 / zero;  // raises a flag
    feenableexcept(FE_OVERFLOW);
    return quotient > 0;
  };
  std::feclearexcept(FE_ALL_EXCEPT);
  const int masks = fegetexcept();
  fuseval::evaluate("sum(sin(a[:, newaxis] + arange(1000)))", {{"a", a}}, options);
  CHECK(calls > 0);
  CHECK(std::fegetround() == FE_TONEAREST);
  CHECK(std::fetestexcept(FE_ALL_EXCEPT) == 0);
  CHECK(fegetexcept() == masks);
}

TEST_CASE("hooks that change the environment change no bit, and nothing is left of it") {
  const std::vector<double> a = with_subnormals(200000);
  const std::string expected = bytes_of(session_of(3), "a*0.5 + a/3", a);
  fuseval::SessionOptions options;
  options.threads = 3;
  const auto spoil = [] { _mm_setcsr(0x1f80 | flush_to_zero | denormals_are_zero | upwards | 0x3f); };
  options.hooks.allocate = [spoil](std::size_t bytes, std::size_t alignment) {
    spoil();
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  options.hooks.deallocate = [spoil](void* memory, std::size_t) {
    spoil();
    std::free(memory);
  };
  options.hooks.log = [spoil](fuseval::LogLevel, std::string_view) { spoil(); };
  options.hooks.parallel_for = [spoil](std::int64_t count, const std::function<void(std::int64_t)>& task) {
    spoil();
    for (std::int64_t k = 0; k < count; ++k) task(k);
    spoil();
  };
  const unsigned before = _mm_getcsr();
  std::string got;
  {
    const fuseval::Session session(options);
    got = bytes_of(session, "a*0.5 + a/3", a);
  }
  CHECK(_mm_getcsr() == before);
  CHECK(got == expected);
}

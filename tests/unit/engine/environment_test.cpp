// A caller's floating-point environment: flush-to-zero, denormals-are-zero or another rounding direction change no bit
// of any result, on no thread, and are as they were when the call returns.
#include <doctest/doctest.h>
#include <xmmintrin.h>

#include <limits>
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

// Elementwise results have one set of bits: threads, vector widths and layouts change nothing.
#include <doctest/doctest.h>

#include <limits>

#include "support.hpp"

using namespace engine_test;

namespace {

/// Every exponent, both signs, and the special values.
template <class T>
std::vector<T> all_kinds(std::size_t count) {
  std::mt19937_64 random(seed);
  const T special[] = {T(0),
                       T(-0.0),
                       std::numeric_limits<T>::infinity(),
                       -std::numeric_limits<T>::infinity(),
                       std::numeric_limits<T>::quiet_NaN(),
                       std::numeric_limits<T>::denorm_min(),
                       -std::numeric_limits<T>::max(),
                       std::numeric_limits<T>::min(),
                       T(1),
                       T(-1)};
  std::vector<T> numbers(count);
  for (T& x : numbers) {
    const std::uint64_t bits = random();
    if (bits % 50 == 0)
      x = special[bits / 50 % 10];
    else if (bits % 2 == 0)
      x = static_cast<T>(static_cast<double>(static_cast<std::int64_t>(bits)) * 0x1p-61);  // in [-4, 4]
    else
      std::memcpy(&x, &bits, sizeof x);
  }
  return numbers;
}

const char* const texts[] = {"sin(a)",          "cos(a)",          "tan(a)",
                             "exp(a)",          "log(a)",          "sqrt(a)",
                             "tanh(a)",         "arcsin(a)",       "arccos(a)",
                             "arctan(a)",       "arctan2(a, b)",   "a**b",
                             "hypot(a, b)",     "fmod(a, b)",      "a % b",
                             "a // b",          "a*b + 3",         "rint(a)/b",
                             "maximum(a, b)",   "nextafter(a, b)", "where(a < b, a, -b)",
                             "a.astype(int32)", "spacing(a)",      "a > b"};

template <class T>
void check_text(const char* text, const std::vector<fuseval::Session>& sessions) {
  const Shape shape = {37, 811};
  const std::vector<T> numbers = all_kinds<T>(static_cast<std::size_t>(2 * count_of(shape)));
  const auto half = static_cast<std::ptrdiff_t>(numbers.size() / 2);
  const std::vector<T> first(numbers.begin(), numbers.begin() + half), second(numbers.begin() + half, numbers.end());
  const Array<T> b(second, shape, Layout::contiguous);
  std::string expected;
  CAPTURE(std::string(text));
  CAPTURE(sizeof(T));
  for (const fuseval::Session& session : sessions)
    for (const Layout layout : {Layout::contiguous, Layout::strided, Layout::negative, Layout::transposed})
      for (const int threads : {1, 7}) {
        CAPTURE(std::string(name_of(layout)));
        CAPTURE(threads);
        const Array<T> a(first, shape, layout);
        const fuseval::Result result =
            session.evaluate(text, {{"a", a.view()}, {"b", b.view()}}, with_threads(threads));
        std::string bits;
        if (result.dtype() == fuseval::dtype_of<T>()) {
          for (T x : result.values<T>()) {
            if (std::isnan(x)) x = std::numeric_limits<T>::quiet_NaN();
            bits.append(reinterpret_cast<const char*>(&x), sizeof x);
          }
        } else {
          const fv_view raw = result.view().raw();
          bits.assign(static_cast<const char*>(raw.data),
                      result.size() * static_cast<std::size_t>(fv_dtype_size(raw.dtype)));
        }
        if (expected.empty()) expected = bits;
        CHECK((bits == expected));
      }
}

}  // namespace

TEST_CASE_TEMPLATE("functions and operators have the same bits everywhere", T, double, float) {
  MESSAGE("seed " << seed);
  std::vector<fuseval::Session> sessions;
  for (const int bits : vector_widths()) sessions.push_back(session_of(7, bits));
  if (!has_avx512()) MESSAGE("512-bit vectors are not tested: this CPU has no AVX-512");
  for (const char* text : texts) check_text<T>(text, sessions);
  CHECK(sessions[0].counters().tasks > 1);  // whether two threads were quick enough to take some is not ours to say
}

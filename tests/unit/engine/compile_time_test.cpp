// Texts with very many operations compile to few kernels of bounded size, by the session's counters, and a call that
// waits for them can be stopped between two kernels.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "support.hpp"

using namespace engine_test;

namespace {

/// "sum(a*1.5), sum(a*2.5), …"
std::string constants_in(const std::string& before, const std::string& after, int count, const std::string& between) {
  std::string text;
  for (int k = 1; k <= count; ++k) text += (k > 1 ? between : "") + before + std::to_string(k) + ".5" + after;
  return text;
}

/// A session of its own has compiled this for a text.
struct Compiled {
  std::int64_t kernels = 0;
  std::int64_t bytes = 0;
  std::vector<double> values;
};

Compiled compiled(const std::string& text) {
  std::vector<double> a(60);
  for (std::size_t k = 0; k < a.size(); ++k) a[k] = 0.25 * static_cast<double>(k) - 3;
  const fuseval::Session session = session_of(1);
  const auto result = session.evaluate(text, {{"a", fuseval::view(a.data(), {6, 10})}});
  Compiled made{session.counters().kernels_compiled, session.counters().code_bytes, {}};
  for (std::size_t k = 0; k < result.count(); ++k) made.values.push_back(result[k].item<double>());
  return made;
}

/// Whose k-th reduction has a structure of its own.
std::string texts_of_many_kernels(int count) {
  std::string text;
  for (int k = 0; k < count; ++k) {
    text += k > 0 ? ", max(a" : "max(a";
    for (int bit = 0; bit < 6; ++bit) text += (k >> bit & 1) != 0 ? "*1.5" : "+1.5";
    text += "), a[" + std::to_string(k + 1) + ":]*2";  // another shape: no kernel has two of these
  }
  return text;
}

}  // namespace

TEST_CASE("any number of reductions that differ in constants alone is one piece of code") {
  for (const char* reduction : {"sum", "prod", "max", "min", "mean", "var", "argmax", "any"}) {
    CAPTURE(std::string(reduction));
    const std::string before = "1.0*" + std::string(reduction) + "(a*";
    const Compiled few = compiled(constants_in(before, ")", 32, ", ")),
                   many = compiled(constants_in(before, ")", 320, ", "));
    CHECK(many.kernels == few.kernels);
    CHECK(many.bytes == few.bytes);
    for (const int k : {0, 1, 15, 16, 17, 255, 256, 319}) {
      const Compiled alone = compiled(before + std::to_string(k + 1) + ".5)");
      CHECK(same_bits(many.values[static_cast<std::size_t>(k)], alone.values[0]));
    }
  }
}

TEST_CASE("sums of very many reductions are code of bounded size") {
  for (const char* form : {"max(a*", "std(a*", "max(argmax(a, axis=1)*"}) {
    CAPTURE(std::string(form));
    const std::string before = "1.0*" + std::string(form);
    const Compiled many = compiled(constants_in(before, ")", 480, " + "));
    const Compiled few = compiled(constants_in(before, ")", 16, " + "));
    CHECK(many.bytes < 12 * few.bytes);  // for 30 times as many
  }
}

TEST_CASE("a call is cancelled between two kernels that it compiles") {
  const std::vector<double> a(100, 1.0);
  const std::string text = texts_of_many_kernels(60);
  const fuseval::Session session = session_of(1);
  fuseval::CancelToken token;
  fuseval::RunOptions options;
  options.cancel = &token;
  std::thread canceller([&] {
    while (session.counters().kernels_compiled < 2) std::this_thread::yield();
    token.set();
  });
  const fuseval::Error error = error_of([&] { session.evaluate(text, {{"a", a}}, options); });
  canceller.join();
  const std::int64_t compiled = session.counters().kernels_compiled;
  CHECK(error.code() == FV_ERROR_CANCELLED);
  CHECK(error.message() == "the evaluation was cancelled before it began");
  token.clear();
  session.evaluate(text, {{"a", a}}, options);
  CHECK(compiled >= 2);
  CHECK(session.counters().kernels_compiled > compiled + 1);  // one may have been on its way
}

TEST_CASE("the limit on compiling stops between kernels, and what has been compiled is kept") {
  const std::vector<double> a(100, 1.0);
  const std::string text = texts_of_many_kernels(60);
  fuseval::SessionOptions limited;
  limited.threads = 1;
  limited.compile_limit = 1;
  const fuseval::Session session(limited);
  const fuseval::Error error = error_of([&] { session.evaluate(text, {{"a", a}}); });
  CHECK(error.code() == FV_ERROR_LIMIT);
  CHECK(error.message() ==
        "compiling the expression took longer than the limit of 1 ms; what has been compiled is kept");
  CHECK(error_of([&] { session.compile(text, {{"a", a}}); }).code() == FV_ERROR_LIMIT);
  const fuseval::Session unlimited = session_of(1);
  unlimited.evaluate(text, {{"a", a}});
  CHECK(session.counters().kernels_compiled < unlimited.counters().kernels_compiled);
  limited.compile_limit = 3'600'000;
  const fuseval::Session patient(limited);
  const auto result = patient.evaluate(text, {{"a", a}}), plain = unlimited.evaluate(text, {{"a", a}});
  CHECK(same_bits(result[0].item<double>(), plain[0].item<double>()));
}

TEST_CASE("very many long operations of one kernel share their code, and have the bits of those that do not") {
  std::vector<double> a(1003);
  for (std::size_t k = 0; k < a.size(); ++k) a[k] = 0.013 * static_cast<double>(k) - 3;
  for (const int bits : vector_widths())
    for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
             {"sin(a*", ")"}, {"abs(a)**", ""}, {"a//", ""}, {"arctan2(a, ", ")"}, {"exp(sin(a)/", ")"}}) {
      CAPTURE(before);
      CAPTURE(bits);
      const fuseval::Session alone = session_of(1, bits), many = session_of(1, bits);
      const auto terms = alone.evaluate(constants_in(before, after, 240, ", "), {{"a", a}});
      std::vector<double> sum = terms[0].to_vector<double>();
      for (std::size_t term = 1; term < terms.count(); ++term)
        for (std::size_t k = 0; k < a.size(); ++k) sum[k] += terms[term].data<double>()[k];
      const auto together = many.evaluate(constants_in(before, after, 240, " + "), {{"a", a}});
      CHECK(first_difference(together.data<double>(), sum.data(), sum.size()) == -1);
      CHECK(many.counters().code_bytes < 64'000);  // copies take 90 000 and more
    }
}

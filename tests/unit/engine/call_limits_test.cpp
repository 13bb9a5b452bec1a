// Limits on what one call may do: elements that it evaluates, and time.
#include <doctest/doctest.h>

#include <limits>

#include "support.hpp"
#include "tests/unit/environment_variables.hpp"

using namespace engine_test;

namespace {

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();

fuseval::SessionOptions work_limit(std::int64_t elements) {
  fuseval::SessionOptions options;
  options.threads = 1;
  options.work_limit = elements;
  return options;
}

fv_status status_within(std::int64_t elements, const std::string& text, const fuseval::Bindings& bindings) {
  const fuseval::Session session(work_limit(elements));
  const fv_status of_session = error_of([&] { session.evaluate(text, bindings); }).code();
  fuseval::RunOptions options;
  options.work_limit = elements;
  CHECK(error_of([&] { fuseval::evaluate(text, bindings, options); }).code() == of_session);
  CHECK(error_of([&] { session.compile(text, bindings); }).code() == of_session);
  return of_session;
}

}  // namespace

TEST_CASE("the work of a call is counted in elements, each operation by itself") {
  const std::vector<double> a(1000, 1.5), row(10, 2.0);
  std::vector<std::int64_t> i(1000, 2);
  const fuseval::Bindings bindings = {{"a", a}, {"r", row}, {"i", i}};
  struct Case {
    const char* text;
    std::int64_t work;
  };
  const Case cases[] = {
      {"a + 1", 1000},          {"a*2 + 1", 2000},
      {"a[::-1]", 1000},  // moved
      {"a[::10]", 100},         {"a.astype(float32)", 1000},
      {"sum(a)", 1000},         {"sum(a*2)", 2000},
      {"-sum(a)", 1001},  // and the result's sign
      {"max(a), min(a)", 2000}, {"sum(a[:, newaxis]*r, axis=0)", 20'000},
      {"a - max(a)", 2000},     {"a, a*2", 2000},
      {"i**i", 2000 + 1000},                                            // with the search for negative exponents
      {"a[:0] + 1", 0},         {"sum(a[:0, newaxis]*r, axis=0)", 20},  // the outputs are stored
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.text));
    if (c.work > 1) CHECK(status_within(c.work - 1, c.text, bindings) == FV_ERROR_LIMIT);
    if (c.work > 0) CHECK(status_within(c.work, c.text, bindings) == FV_OK);
    if (c.work == 0) CHECK(status_within(1, c.text, bindings) == FV_OK);
  }
}

TEST_CASE("work without end is refused before anything is compiled") {
  const fuseval::Session session(work_limit(1'000'000'000'000));
  for (const char* text :
       {"argmax(arange(2**52))", "sum(arange(2**26)[:, newaxis] + arange(2**26))", "var(arange(2**50))",
        "sum(indices((2**18, 2**18, 2**18)))", "any(tril(ones((2**26, 2**26))) == 2)",
        "sum(arange(2**40)), sum(arange(2**52))", "max(arange(2**52)*1.5) + max(arange(2**52)*2.5)"}) {
    CAPTURE(std::string(text));
    const fuseval::Error error = error_of([&] { session.evaluate(text, {}); });
    CHECK(error.code() == FV_ERROR_LIMIT);
    CHECK(contains(error.message(), "its limit is 1000000000000"));
  }
  std::string text = "arange(2**52)";
  for (int k = 0; k < 3000; ++k) text += "*1.5";
  CHECK(contains(error_of([&] { session.evaluate("sum(" + text + ")", {}); }).message(),
                 "the call would evaluate 2**63 or more elements"));
  CHECK(session.counters().kernels_compiled == 0);
  CHECK(session.evaluate("argmax(arange(2**20))", {}).item<std::int64_t>() == (1 << 20) - 1);
}

TEST_CASE("the smaller limit holds, and a plan at hand is no way around it") {
  const std::vector<double> a(1000, 1.5);
  const fuseval::Session session(work_limit(1000));
  fuseval::RunOptions options;
  options.work_limit = 5000;
  CHECK(error_of([&] { session.evaluate("a*2 + 1", {{"a", a}}, options); }).code() == FV_ERROR_LIMIT);
  CHECK(session.evaluate("a + 1", {{"a", a}}).at<double>(0) == 2.5);
  options.work_limit = 999;
  const fuseval::Error error = error_of([&] { session.evaluate("a + 1", {{"a", a}}, options); });
  CHECK(error.code() == FV_ERROR_LIMIT);
  CHECK(error.message() == "the call would evaluate 1000 elements; its limit is 999");
  CHECK(session.evaluate("a + 1", {{"a", a}}).at<double>(0) == 2.5);
}

TEST_CASE("the limit on work holds on devices, which then compile nothing") {
  const std::vector<double> a(1000, 1.5);
  const fuseval::Session session(work_limit(1999));
  fuseval::RunOptions options;
  options.device = "cudasim";
  const fuseval::Error error = error_of([&] { session.evaluate("sum(a*2)", {{"a", a}}, options); });
  CHECK(error.code() == FV_ERROR_LIMIT);
  CHECK(error.message() == "the call would evaluate 2000 elements; its limit is 1999");
  CHECK(session.counters().kernels_compiled == 0);
}

TEST_CASE("a call that takes longer than its limit fails, on any number of threads") {
  const std::vector<double> a(30'000, 1.0);
  const fuseval::Bindings bindings = {{"a", a}, {"b", fuseval::view(a.data(), {30'000, 1})}};
  for (const int threads : {1, 2})
    for (const char* text : {"sum(sin(a*b)**2)", "sum(exp(a*b - max(a*b, axis=1, keepdims=True)))"}) {
      CAPTURE(std::string(text));
      fuseval::SessionOptions options;
      options.threads = threads;
      options.time_limit = 300;
      const fuseval::Session session(options);
      const fuseval::Error error = error_of([&] { session.evaluate(text, bindings); });
      CHECK(error.code() == FV_ERROR_LIMIT);
      CHECK(contains(error.message(), "the evaluation took longer than its limit of 300 ms"));
      fuseval::RunOptions of_call;
      of_call.time_limit = 200;
      CHECK(contains(error_of([&] { session.evaluate(text, bindings, of_call); }).message(), "limit of 200 ms"));
      of_call.time_limit = huge;
      CHECK(contains(error_of([&] { session.evaluate(text, bindings, of_call); }).message(), "limit of 300 ms"));
      CHECK(session.evaluate("sum(a)", bindings).item<double>() == 30'000);  // the session goes on
    }
}

TEST_CASE("the time limit covers compiling, and a limit that is kept changes nothing") {
  const std::vector<double> a(100'000, 1.1);
  std::string text = "a";
  for (int k = 2; k < 40; ++k) text += " + sin(a*" + std::to_string(k) + ")**1.5 + sum(a**" + std::to_string(k) + ".5)";
  const fuseval::Session session = session_of(2);
  fuseval::RunOptions options;
  options.time_limit = 1;
  const fuseval::Error error = error_of([&] { session.evaluate(text, {{"a", a}}, options); });
  CHECK(error.code() == FV_ERROR_LIMIT);
  CHECK(error.message() == "the evaluation took longer than its limit of 1 ms before it began");
  options.time_limit = huge;
  const auto limited = session.evaluate(text, {{"a", a}}, options), plain = session.evaluate(text, {{"a", a}});
  CHECK(first_difference(limited.data<double>(), plain.data<double>(), a.size()) == -1);
  fuseval::SessionOptions hasty;
  hasty.time_limit = 1;
  CHECK(error_of([&] { fuseval::Session(hasty).compile(text, {{"a", a}}); }).code() == FV_ERROR_LIMIT);
}

TEST_CASE("limits that are negative") {
  for (const auto limit : {&fuseval::SessionOptions::work_limit, &fuseval::SessionOptions::time_limit,
                           &fuseval::SessionOptions::compile_limit}) {
    fuseval::SessionOptions options;
    options.*limit = -1;
    CHECK(error_of([&] { fuseval::Session{options}; }).code() == FV_ERROR_ARGUMENT);
  }
  for (const auto limit : {&fuseval::RunOptions::work_limit, &fuseval::RunOptions::time_limit}) {
    fuseval::RunOptions options;
    options.*limit = -1;
    CHECK(error_of([&] { fuseval::evaluate("1", {}, options); }).code() == FV_ERROR_ARGUMENT);
  }
}

TEST_CASE("the environment's number of threads is the default, and one that is none is an error") {
  const std::vector<double> a(1'000'000, 1.0);
  const auto used = [&](int threads) {
    const fuseval::Session session = session_of(threads);
    for (int k = 0; k < 5; ++k) session.evaluate("a + 1", {{"a", a}});
    return session.info();
  };
  EnvironmentVariables variables;
  variables.set("FUSEVAL_THREADS", "3");
  CHECK(contains(used(0), "threads: 3\n"));
  CHECK(contains(used(2), "threads: 2\n"));  // the option comes first
  variables.set("FUSEVAL_THREADS", "");
  CHECK(error_of([&] { used(0); }).code() == FV_OK);
  for (const char* wrong : {"0", "-1", "two", "2 ", "4097", "99999999999999"}) {
    CAPTURE(wrong);
    variables.set("FUSEVAL_THREADS", wrong);
    const fuseval::Error error = error_of([&] { used(0); });
    CHECK(error.code() == FV_ERROR_ARGUMENT);
    CHECK(contains(error.message(), "FUSEVAL_THREADS is '" + std::string(wrong) + "'"));
    CHECK(error_of([&] { used(1); }).code() == FV_OK);
  }
}

// How many kernels really ran, by the session's launch counters, for texts whose plan matters.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace {

struct Case {
  const char* text;
  int64_t launches;
  int64_t kernels = 1;
};

}  // namespace

TEST_CASE("launches of one evaluation") {
  const Case cases[] = {
      {"2*a + 3*b", 1},
      {"a**2 + b**2 + 2*a*b", 1},
      {"-sum(a)", 1},
      {"sum(a), sum(a*b)", 1},
      {"a + b, a - b, sum(a)", 1},
      {"sqrt(sum(a*a, axis=1))", 1},
      {"mean(a, axis=0), std(a, axis=0)", 1},
      {"var(a)", 1},
      {"min(a), max(a), argmin(a), argmax(a), sum(a)", 1},
      {"a - mean(a, axis=1, keepdims=True)", 1, 2},
      {"exp(a - max(a, axis=1, keepdims=True))", 1, 2},
      {"exp(a - max(a, axis=1, keepdims=True)) / sum(exp(a - max(a, axis=1, keepdims=True)), axis=1, keepdims=True)", 1,
       3},
      {"a / sqrt(sum(a*a, axis=1, keepdims=True))", 1, 2},
      {"(a - mean(a, axis=1, keepdims=True)) / sqrt(var(a, axis=1, keepdims=True) + 0.00001)", 1, 2},
      {"mean((a - mean(a, axis=1, keepdims=True))**2, axis=1)", 1, 2},
      {"log(sum(exp(a - max(a, axis=1, keepdims=True)), axis=1)) + max(a, axis=1)", 1, 2},
      {"a - mean(a)", 2, 2},
      {"a.T - mean(a, axis=1)", 1, 2},
      {"a - max(a, axis=1, keepdims=True), b - max(b, axis=1, keepdims=True)", 1, 3},
      {"(a - mean(a, axis=0)) / std(a, axis=0)", 1, 2},
      {"sum(a, axis=0), sum(a, axis=1)", 2, 2},
      {"a[1:, :] - a[:-1, :]", 1},
      {"a.T + b.T", 1},
      {"sum(a.T.reshape(-1))", 2, 2},
      {"sum(arange(1000) ** 2)", 1},
      {"a.reshape(-1) * 2", 1},
      {"where(a > b, a, b).max()", 1},
      {"clip(a, 0, 1) if True else b", 1},
  };
  const fuseval::Session session{fuseval::SessionOptions{}};
  std::vector<double> a(30 * 40, 1.5), b(30 * 40, 2.5);
  const auto view_a = fuseval::view(a.data(), {30, 40}), view_b = fuseval::view(b.data(), {30, 40});
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const fv_counters before = session.counters();
    session.evaluate(c.text, {{"a", view_a}, {"b", view_b}});
    const fv_counters after = session.counters();
    CHECK(after.launches - before.launches == c.launches);
    CHECK(after.kernels_run - before.kernels_run == c.kernels);
  }
}

TEST_CASE("an empty result launches nothing, an empty reduction launches one kernel") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  std::vector<double> a(1);
  const auto none = fuseval::view(a.data(), {0, 3});
  session.evaluate("a + 1", {{"a", none}});
  CHECK(session.counters().launches == 0);
  CHECK(session.evaluate("sum(a)", {{"a", none}}).item<double>() == 0);
  CHECK(session.counters().launches == 1);
}

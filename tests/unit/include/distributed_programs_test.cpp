// Programs over ranks: for any number of them and any layouts, the bits of one process. Ranks are threads here; what
// they send under MPI is the same (tests/mpi).
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/error_of.hpp"
#include "tests/unit/include/distributed_trial.hpp"

using namespace distributed_trial;

namespace {

/// Every text over 1 … 7 ranks, cut along either axis, evenly and not, with `b` cut as `a` and otherwise.
void check_texts(const Data& data, const std::vector<std::string>& texts) {
  fuseval::SessionOptions options;
  options.threads = 2;
  const fuseval::Session session(options);
  std::vector<fuseval::Result> expected;
  for (const std::string& text : texts) expected.push_back(session.evaluate(text, data.whole()));
  for (const int ranks : {1, 2, 3, 4, 5, 7})
    for (const Cut& cut : {Cut{0, 0, 0}, Cut{0, 1, 2}, Cut{0, 3, 3}, Cut{1, 4, 4}, Cut{1, 0, 5}}) {
      CAPTURE(ranks);
      CAPTURE(cut.axis);
      CAPTURE(cut.seed);
      fuseval::run_ranks(ranks, [&](const World& world) {
        const Parts parts(session, world, data, cut);
        fuseval::RunOptions together;
        together.world = &world;
        for (std::size_t t = 0; t < texts.size(); ++t)
          check_results(session, session.evaluate(texts[t], parts.bindings(), together), expected[t], texts[t]);
      });
    }
}

}  // namespace

TEST_CASE("ranks: elementwise, broadcasting, slices, reshapes") {
  check_texts({103, 37}, {"a + 2*b",
                          "a*v - u[:, None]",
                          "where(a > b, a, k)",
                          "a[1:] - a[:-1]",
                          "a[::2] + a[1::2][:52].sum()*0",
                          "a[1:-1, 1:-1]*4 - a[2:, 1:-1] - a[:-2, 1:-1] - a[1:-1, 2:] - a[1:-1, :-2]",
                          "a[3:90:7, 2:5]",
                          "a[::-1, ::-1]",
                          "a.T + b.T",
                          "a.T.reshape(-1)[5:] - b.reshape(-1)[:-5]",
                          "a.reshape(37, 103) + b.reshape(37, 103)",
                          "a[5]*v",
                          "a[7, 3]",
                          "u[:, None]*u[None, :]",
                          "a[None] + 1",
                          "arange(1000.0)**2",
                          "linspace(0, 1, 5000)[1:] - linspace(0, 1, 5000)[:-1]",
                          "a + arange(37), a*2, b",
                          "a[40:40] + 1",
                          "v*2",
                          "k // 3, k << 1",
                          "exp(a)[2:] - exp(a)[:-2]"});
}

TEST_CASE("ranks: reductions, in the canonical order") {
  check_texts({103, 37}, {"sum(a)",
                          "sum(a*b, axis=0)",
                          "sum(a, axis=1)",
                          "prod(1 + a/100)",
                          "mean(a), var(a), std(a, axis=0)",
                          "var(a, axis=1)",
                          "min(a), max(a, axis=0), max(b, axis=1)",
                          "argmax(a), argmin(b)",
                          "argmin(a, axis=0)",
                          "argmax(a, axis=1)",
                          "any(a > 1.4), all(a > -2, axis=0), count_nonzero(k)",
                          "sum(k), sum(k, axis=0), prod(k % 3)",
                          "dot(u, u), norm(u), norm(u, 1)",
                          "norm(a, axis=0), norm(a, ord=inf, axis=1), norm(a)",
                          "sum((a[1:] - a[:-1])**2)",
                          "sum(a.T, axis=0), sum(a.T, axis=1)",
                          "sum(a[::2])",
                          "sum(a.reshape(-1)[3:]*b.reshape(-1)[:-3])",
                          "sum(arange(100000.0)**0.5)",
                          "sum(v)",
                          "sum(a[40:40]), max(u[3:4])",
                          "sum(a, axis=0, keepdims=True) + a",
                          "mean(a, axis=0)*v, a + 1"});
}

TEST_CASE("ranks: long rows, blocks that three ranks share, one column") {
  check_texts({11, 5003}, {"sum(a)", "mean(a*b)", "sum(a, axis=1)", "sum(a, axis=0)", "argmax(a)", "var(a)",
                           "sum(a[1:] - a[:-1])"});
  check_texts({12345, 1}, {"sum(a)", "sum(a, axis=0)", "var(u)", "sum(u[1:]*u[:-1])", "argmin(u)"});
  check_texts({3, 4}, {"sum(a)", "a + 1", "a[1:] - a[:-1]", "sum(a, axis=0)", "argmax(a)"});  // more ranks than rows
}

TEST_CASE("ranks: many columns, whose states go by slices") {
  check_texts({211, 4001}, {"sum(a, axis=0)", "sum(a, axis=0), var(b, axis=0), mean(a), argmax(a*b, axis=0), max(b)",
                            "a - mean(a, axis=0)"});
}

TEST_CASE("ranks: kernels that share rows run tile by tile where no messages come between them") {
  const std::vector<double> numbers = uneven_numbers(300 * 200, 1);
  fuseval::run_ranks(3, [&](const World& world) {
    fuseval::SessionOptions one_thread;
    one_thread.threads = 1;
    const fuseval::Session session(one_thread);
    const auto launches = [&](const char* text) {
      const DistributedArray a = session.scatter(world, fuseval::view(numbers.data(), {300, 200}));
      const auto before = session.counters().launches;
      session.evaluate(text, {{"a", a}});
      return session.counters().launches - before;
    };
    require(launches("a - mean(a, axis=1, keepdims=True)") == 1, "means and differences of rows");
    require(launches("exp(a)/sum(exp(a), axis=1, keepdims=True)") == 1, "softmax");
    require(launches("a - mean(a)") >= 2, "a mean that goes round first");
  });
}

TEST_CASE("ranks: results that others need") {
  check_texts({103, 37},
              {"a - mean(a)", "(a - mean(a))/std(a)", "a - mean(a, axis=0)", "a - mean(a, axis=1, keepdims=True)",
               "exp(a)/sum(exp(a), axis=1, keepdims=True)", "sum((a - mean(a))**2), sum((b - mean(b))**2)",
               "u - u.max()", "sum(a) + sum(a - sum(b)*1e-6)"});
}

TEST_CASE("ranks: a condition of a Python number has one outcome on all, found again for other values") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  const Data data{23, 7};
  fuseval::run_ranks(3, [&](const World& world) {
    const Parts parts(session, world, data, {0, 1, 2});
    fuseval::RunOptions together;
    together.world = &world;
    const auto with = [](fuseval::Bindings bindings, double y) {
      bindings.add("y", y);
      return bindings;
    };
    for (const std::string text : {"sum(a, axis=0)/y if y != 0 else b*2", "a*(y or 3)", "a if 1/y > 0 else b"})
      for (const double y : {2.0, 0.0, 4.0, -1.0, 0.0, 0.5}) {
        const std::string what = text + " for " + std::to_string(y);
        std::optional<fuseval::Result> expected;
        const auto alone = error_of([&] { expected = session.evaluate(text, with(data.whole(), y)); });
        const auto error = error_of([&] {
          const fuseval::Result found = session.evaluate(text, with(parts.bindings(), y), together);
          check_results(session, found, *expected, what);
        });
        require_code(error, alone.code(), what);
        require(expected.has_value() || error.caret() == alone.caret(), what + ": another place");
      }
  });
}

TEST_CASE("ranks: other values of a Python number that decides are ranks that ask for different things") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  const Data data{23, 7};
  fuseval::run_ranks(3, [&](const World& world) {
    const Parts parts(session, world, data, {0, 1, 2});
    fuseval::RunOptions together;
    together.world = &world;
    fuseval::Bindings bindings = parts.bindings();
    bindings.add("y", world.rank() == 1 ? 0.0 : 1.0);
    const auto error = error_of([&] { session.evaluate("sum(a, axis=0) if y else b", bindings, together); });
    require_code(error, FV_ERROR_ARGUMENT);
    require(error.message().find("different things") != std::string::npos, error.message());
  });
}

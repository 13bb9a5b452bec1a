// Ranks, each on a device: the bits of one process on its CPU, from parts on the host and on the device. Ranks are
// threads, which share the one simulated device (or GPU 0: ./dev gpu-check). Texts are tuples where they can be, since
// the simulator's compiler takes as long for many kernels as for one.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/device_under_test.hpp"
#include "tests/unit/include/distributed_trial.hpp"

using namespace distributed_trial;

namespace {

/// One session for all: kernels are compiled once.
const fuseval::Session& session() {
  static const fuseval::Session shared{fuseval::SessionOptions{}};
  return shared;
}

fuseval::RunOptions together(const World& world, fv_results_on where) {
  fuseval::RunOptions options = on_device_under_test();
  options.world = &world;
  options.results_on = where;
  return options;
}

/// The same arrays, each part on the device.
class DeviceParts {
 public:
  explicit DeviceParts(const Parts& parts)
      : a_(there(parts.a())),
        b_(there(parts.b())),
        k_(there(parts.k())),
        u_(there(parts.u())),
        v_(session().to_device(parts.v(), device_under_test())) {}
  fuseval::Bindings bindings() const { return {{"a", a_}, {"b", b_}, {"k", k_}, {"u", u_}, {"v", v_}}; }

 private:
  static DistributedArray there(const DistributedArray& array) {
    return {session().to_device(array.local(), device_under_test()), array.distribution()};
  }
  DistributedArray a_, b_, k_, u_;
  Array v_;
};

void check_texts(const Data& data, const std::vector<std::string>& texts, const std::vector<int>& rank_counts,
                 const std::vector<Cut>& cuts) {
  std::vector<fuseval::Result> expected;
  for (const std::string& text : texts) expected.push_back(session().evaluate(text, data.whole()));
  for (const int ranks : rank_counts)
    for (const Cut& cut : cuts) {
      CAPTURE(ranks);
      CAPTURE(cut.axis);
      CAPTURE(cut.seed);
      fuseval::run_ranks(ranks, [&](const World& world) {
        const Parts parts(session(), world, data, cut);
        const DeviceParts there(parts);
        for (std::size_t t = 0; t < texts.size(); ++t) {
          const auto from_host = session().evaluate(texts[t], parts.bindings(), together(world, FV_RESULTS_ON_HOST));
          check_results(session(), from_host, expected[t], texts[t] + " from the host");
          fuseval::RunOptions where_parts_are;
          where_parts_are.world = &world;
          const auto found = session().evaluate(texts[t], there.bindings(), where_parts_are);
          require(found[0].device_type() == type_under_test(), texts[t] + ": its result has left the device");
          check_results(session(), found, expected[t], texts[t] + " on the device");
        }
      });
    }
}

}  // namespace

TEST_CASE("ranks on a device: elementwise, halos, redistribution, reshapes") {
  check_texts(
      {103, 37},
      {"a + 2*b, a*v - u[:, None], k // 3", "a[1:-1, 1:-1]*4 - a[2:, 1:-1] - a[:-2, 1:-1] - a[1:-1, 2:] - a[1:-1, :-2]",
       "a[3:90:7, 2:5], a[::-1, ::-1], a[7, 3], a[40:40] + 1", "a.T.reshape(-1)[5:] - b.reshape(-1)[:-5]",
       "a + arange(37), v*2"},
      {1, 2, 3, 5}, {{0, 1, 2}, {1, 4, 4}});
}

TEST_CASE("ranks on a device: every reduction, in the canonical order") {
  const std::vector<std::string> texts = {
      "sum(a), prod(1 + a/100), mean(a), var(a), std(b), min(a), max(b), argmax(a), argmin(b), any(a > 1.4), all(a > "
      "-2), "
      "count_nonzero(k), sum(k), prod(k % 3), sum(a[40:40]), max(u[3:4]), dot(u, u)",
      "sum(a*b, axis=0), std(a, axis=0), max(a, axis=0), argmin(a, axis=0), all(a > -2, axis=0), sum(k, axis=0)",
      "sum(a, axis=1), var(a, axis=1), max(b, axis=1), argmax(a, axis=1)",
      "sum((a[1:] - a[:-1])**2), sum(a.reshape(-1)[3:]*b.reshape(-1)[:-3]), sum(a.T, axis=0)",
      "(a - mean(a))/std(a), exp(a)/sum(exp(a), axis=1, keepdims=True)"};
  check_texts({103, 37}, texts, {1, 2, 3, 5}, {{0, 3, 3}, {1, 0, 5}});
}

TEST_CASE("ranks on a device: long rows, blocks that ranks share, more ranks than rows") {
  const std::vector<std::string> texts = {"sum(a), var(a), argmax(a), mean(a*b)", "sum(a, axis=1), sum(a, axis=0)"};
  check_texts({11, 5003}, texts, {2, 3, 5}, {{0, 0, 0}, {1, 1, 1}});
  check_texts({3, 4}, texts, {5}, {{0, 0, 0}});
}

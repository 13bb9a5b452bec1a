// Ranks, each on a device: the bits of one process on its CPU, from parts on the host and on the device. Ranks are
// threads, which share the one simulated device (or GPU 0: ./dev gpu-check). Texts are tuples where they can be, since
// the simulator's compiler takes as long for many kernels as for one.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/device_under_test.hpp"
#include "tests/unit/error_of.hpp"
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
       "a + arange(37), v*2", "k[:, 2:]*a[:, 1:-1] + b[:, :-2], a[1:] > b[:-1]"},
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
  // Many columns: their states go by slices of the outputs.
  check_texts({72, 3000}, {"sum(a, axis=0), max(b, axis=0), argmin(a, axis=0)"}, {2}, {{0, 0, 0}});
}

namespace {

DistributedArray on_device(const DistributedArray& array) {
  return {session().to_device(array.local(), device_under_test()), array.distribution()};
}
std::vector<double> whole(const DistributedArray& array) {
  return session().gather({session().to_host(array.local()), array.distribution()}).to_vector<double>();
}

constexpr const char* diffusion =
    "0.1*(a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]) + a[1:-1, 1:-1]";

/// So many steps by one process.
std::vector<double> diffused(std::vector<double> now, std::int64_t rows, std::int64_t columns, int steps) {
  std::vector<double> next = now;
  for (int step = 0; step < steps; ++step) {
    const auto inner = fuseval::view(next.data() + columns + 1, {rows - 2, columns - 2}, {8 * columns, 8});
    session().evaluate(diffusion, {{"a", fuseval::view(now.data(), {rows, columns})}}, fuseval::into(inner));
    std::swap(now, next);
  }
  return now;
}

}  // namespace

TEST_CASE("ranks on a device: steps over time, into slices and over their own input") {
  const std::int64_t rows = 41, columns = 13;
  const std::vector<double> start = uneven_numbers(rows * columns, 9), expected = diffused(start, rows, columns, 4);
  for (const int ranks : {1, 2, 3, 5})
    fuseval::run_ranks(ranks, [&](const World& world) {
      const DistributedArray parts = session().scatter(world, fuseval::view(start.data(), {rows, columns}));
      const fuseval::Slice inner{1, -1};
      const auto program = session().compile(diffusion, {{"a", parts}});
      DistributedArray a = on_device(parts), b = on_device(parts);
      for (int step = 0; step < 4; ++step) {
        program.into(b.slice({inner, inner}))(a);
        std::swap(a, b);
      }
      require(whole(a) == expected, "four steps on the device");
      const DistributedArray same = on_device(parts);
      for (int step = 0; step < 4; ++step) program.into(same.slice({inner, inner}))(same);
      require(whole(same) == expected, "four steps in place");

      // From the host and back.
      fuseval::RunOptions options = on_device_under_test();
      DistributedArray c = session().scatter(world, fuseval::view(start.data(), {rows, columns}));
      DistributedArray d = session().scatter(world, fuseval::view(start.data(), {rows, columns}));
      for (int step = 0; step < 4; ++step) {
        program.run({{"a", c}}, fuseval::into(d.slice({inner, inner})), options);
        std::swap(c, d);
      }
      require(session().gather(c).to_vector<double>() == expected, "four steps of the host's");
    });
}

TEST_CASE("ranks on a device: parts in other orders, records on the host, outputs here and there") {
  const std::int64_t rows = 23, columns = 12;
  const std::vector<double> numbers = uneven_numbers(rows * columns, 5);
  const auto all = fuseval::view(numbers.data(), {rows, columns});
  const std::string text = "a.reshape(-1)[7:] + 1, sum(a, axis=0), a*2";
  const fuseval::Result expected = session().evaluate(text, {{"a", all}});
  for (const int ranks : {1, 3})
    fuseval::run_ranks(ranks, [&](const World& world) {
      const DistributedArray a = session().scatter(world, all);
      const std::vector<std::int64_t> shape = a.local_shape();
      const auto count = static_cast<std::size_t>(shape[0] * shape[1]);
      std::vector<double> turned(count), sparse(2 * count);
      std::vector<char> records(count * 9 + 1);
      const auto f_order = fuseval::view(turned.data(), shape, {8, 8 * shape[0]});
      const auto apart = fuseval::view(sparse.data(), shape, {16 * shape[1], 16});
      const fuseval::View packed(records.data() + 1, fuseval::DType::float64, shape, {9 * shape[1], 9});
      const fuseval::RunOptions options = on_device_under_test();
      for (const auto& view : {f_order, apart, packed}) {
        session().copy(a.local(), view);
        check_results(session(), session().evaluate(text, {{"a", DistributedArray(view, a.distribution())}}, options),
                      expected, "another order");
      }
      // Results to the host's records and to the device at once.
      const DistributedArray there = on_device(a), out(packed, a.distribution());
      session().evaluate("a + 1, a*2", {{"a", there}}, fuseval::into(out, there));
      require(whole(there) == expected[2].to_vector<double>(), "written over its input on the device");
      session().copy(packed, apart);
      const DistributedArray dense(session().to_host(packed), a.distribution());
      std::vector<double> more(numbers);
      for (double& number : more) number += 1;
      require(session().gather(dense).to_vector<double>() == more, "written to records on the host");
    });
}

TEST_CASE("ranks on a device: messages with elements of several sizes, which are not aligned there") {
  const std::int64_t rows = 21, columns = 9;
  const std::vector<double> numbers = uneven_numbers(rows * columns, 6);
  std::vector<std::int8_t> marks;
  for (const double number : numbers) marks.push_back(number > 0 ? 1 : -1);
  const auto m = fuseval::view(marks.data(), {rows, columns});
  const auto x = fuseval::view(numbers.data(), {rows, columns});
  const std::string text = "m[:, 2:]*x[:, 1:-1] + m[:, :-2]*x[:, 2:]";
  const fuseval::Result expected = session().evaluate(text, {{"m", m}, {"x", x}});
  fuseval::run_ranks(3, [&](const World& world) {
    const DistributedArray my_m = session().scatter(world, m, 0, 1), my_x = session().scatter(world, x, 0, 1);
    check_results(session(), session().evaluate(text, {{"m", my_m}, {"x", my_x}}, on_device_under_test()), expected,
                  "from the host");
  });
}

TEST_CASE("ranks on a device: values that a program does not take, and where results go") {
  std::vector<std::int64_t> base(100, 2), exponent(100, 3);
  const auto both = [&](const World& world, const fuseval::RunOptions& options) {
    const DistributedArray a = session().scatter(world, base), b = session().scatter(world, exponent);
    return session().evaluate("a**b", {{"a", a}, {"b", b}}, options);
  };
  fuseval::run_ranks(3, [&](const World& world) {
    require(both(world, on_device_under_test())[0].is_on_host(), "parts of the host's have results there");
    const fuseval::Result there = both(world, together(world, FV_RESULTS_ON_DEVICE));
    require(there[0].device_type() == type_under_test(), "unless they are to stay");
    const fuseval::Result here =
        session().evaluate("sum(a)", {{"a", DistributedArray(there)}}, together(world, FV_RESULTS_ON_HOST));
    require(here.item<std::int64_t>() == 800, "and are used again");
    fuseval::RunOptions automatic;
    automatic.device = "auto";
    require(both(world, automatic)[0].is_on_host(), "auto");
    require(
        session().evaluate("a*2", {{"a", DistributedArray(there)}}, automatic)[0].device_type() == type_under_test(),
        "auto, where the parts are");
  });
  exponent[70] = -3;
  fuseval::run_ranks(3, [&](const World& world) {
    const auto error = error_of([&] { both(world, on_device_under_test()); });
    require(error.code() == FV_ERROR_VALUE, error.message());
    require(error.message() == error_of([&] { both(world, {}); }).message(), error.message());
  });
}

TEST_CASE("ranks on a device: what cannot be is the same error on every rank") {
  const std::vector<double> numbers = uneven_numbers(300, 3);
  fuseval::run_ranks(3, [&](const World& world) {
    const DistributedArray a = session().scatter(world, numbers), there = on_device(a);
    const auto error_with = [&](const char* device, const DistributedArray& part) {
      fuseval::RunOptions options;
      options.device = device;
      return error_of([&] { session().evaluate("max(a)", {{"a", part}}, options); });
    };
    // One rank's part is somewhere else.
    const auto mixed = error_with(nullptr, world.rank() == 1 ? there : a);
    require(mixed.code() == FV_ERROR_ARGUMENT, mixed.message());
    require(mixed.message().find("GPUs") != std::string::npos, mixed.message());
    const auto elsewhere = error_with("cpu", there);
    require(elsewhere.code() == FV_ERROR_ARGUMENT, elsewhere.message());
    require(elsewhere.message().rfind("input 'a' is on ", 0) == 0, elsewhere.message());
    const auto none = error_with("cuda:77", a);
    require(none.code() == FV_ERROR_UNSUPPORTED || none.code() == FV_ERROR_ARGUMENT, none.message());
    require(none.message().find("rank") == std::string::npos, none.message());  // as on all of them
    fuseval::RunOptions stay;
    stay.results_on = FV_RESULTS_ON_DEVICE;
    const auto nowhere = error_of([&] { session().evaluate("max(a)", {{"a", a}}, stay); });
    require(nowhere.message() == "results are to stay on a device, but the call runs on the CPU; name a device",
            nowhere.message());
    require(error_with(nullptr, there).code() == FV_OK, "and the world goes on");

    // Of a later call of the same kind only one rank knows.
    fv_view raw = there.local().raw();
    raw.data = static_cast<char*>(raw.data) + 4;
    const DistributedArray shifted(fuseval::View(raw), a.distribution());
    const auto late = error_with(nullptr, world.rank() == 2 ? shifted : there);
    require(late.code() == FV_ERROR_ARGUMENT || late.code() == FV_ERROR_INTERNAL, late.message());
    if (world.rank() == 2) require(late.message().find("not aligned") != std::string::npos, late.message());
    require(error_with(nullptr, there).code() == FV_OK, "and goes on again");
  });
}

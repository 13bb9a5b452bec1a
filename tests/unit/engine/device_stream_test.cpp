// Arrays of the host's that go through a device part by part: the CPU's bits, whatever is cut and wherever parts end.
// The device is the device_under_test(); the order of streams is cuda_stream_test.cpp's.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "same_results.hpp"
#include "tests/unit/device_under_test.hpp"
#include "tests/unit/environment_variables.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace engine_test;

namespace {

const fuseval::Session& session() {
  static const fuseval::Session one{fuseval::SessionOptions{}};
  return one;
}

/// Parts of so many bytes while this lives.
struct PartBytes {
  explicit PartBytes(std::size_t bytes) { variables.set("FUSEVAL_STREAM_PART_BYTES", std::to_string(bytes)); }
  EnvironmentVariables variables;
};

/// Kernels run for this call, a part of one counted as one.
template <class Call>
std::int64_t launches_of(Call&& call) {
  const std::int64_t before = session().counters().launches;
  call();
  return session().counters().launches - before;
}

/// Runs it part by part, and holds it against the CPU; returns the launches.
std::int64_t check_streamed(const std::string& text, const fuseval::Bindings& inputs, std::size_t part_bytes) {
  CAPTURE(text);
  CAPTURE(part_bytes);
  const fuseval::Result expected = session().evaluate(text, inputs);
  const PartBytes parts(part_bytes);
  return launches_of([&] { check_all_equal(session().evaluate(text, inputs, on_device_under_test()), expected); });
}

}  // namespace

TEST_CASE("streamed: elementwise, broadcast, several results, at sizes around the ends of parts") {
  const auto row = rough_numbers<double>(37, 1);
  for (const std::int64_t rows : {100, 127, 128, 129, 300}) {
    CAPTURE(rows);
    const auto a = rough_numbers<double>(static_cast<std::size_t>(rows * 37));
    const auto b = rough_numbers<float>(static_cast<std::size_t>(rows), 2);
    const auto view = fuseval::view(a.data(), {rows, 37});
    const fuseval::Bindings inputs{{"a", view}, {"row", row}, {"b", fuseval::view(b.data(), {rows, 1})}, {"k", 2.5}};
    CHECK(check_streamed("a*2 + 1", inputs, 20000) >= 3);
    CHECK(check_streamed("a*row + b, a > row, where(a > 0, a, k)", inputs, 20000) > 3);
    CHECK(check_streamed("a + arange(37), a[::-1] - row, a[1:] - a[:-1]", inputs, 20000) > 3);
  }
}

TEST_CASE("streamed: one long axis") {
  for (const std::size_t count : {8191, 8192, 8193, 20000}) {
    CAPTURE(count);
    const auto a = rough_numbers<double>(count), b = rough_numbers<double>(count, 1);
    const fuseval::Bindings inputs{{"a", a}, {"b", b}};
    CHECK(check_streamed("a*b + 1", inputs, 50000) >= 4);
    CHECK(check_streamed("a*arange(a.size)", inputs, 33333) >= 3);
  }
}

TEST_CASE("streamed: inputs of every layout") {
  for (const Layout layout : all_layouts) {
    CAPTURE(name_of(layout));
    const Array<double> a(rough_numbers<double>(90 * 70), {90, 70}, layout);
    const Array<double> b(rough_numbers<double>(90 * 70, 1), {90, 70}, Layout::contiguous);
    const fuseval::Bindings inputs{{"a", a.view()}, {"b", b.view()}};
    check_streamed("a*b + 1, sum(a*b), sum(a, axis=0), sum(a, axis=1)", inputs, 8000);
    check_streamed("a.T + 1", inputs, 8000);
  }
}

TEST_CASE("streamed: reductions over everything, at sizes around canonical blocks") {
  for (const std::size_t count : {4096, 8192, 8193, 12289, 40000, 100003}) {
    CAPTURE(count);
    const auto a = rough_numbers<double>(count), b = rough_numbers<double>(count, 1);
    const fuseval::Bindings inputs{{"a", a}, {"b", b}};
    const std::int64_t launches = check_streamed("sum(a)", inputs, 32768);
    if (count > 8192) CHECK(launches >= 2);
    check_streamed("sum(a*b), max(a), argmax(a), argmin(b)", inputs, 140000);
    check_streamed("mean(a), var(a), std(b), any(a > b), count_nonzero(a)", inputs, 70000);
  }
}

TEST_CASE("streamed: reductions over one axis") {
  for (const std::int64_t rows : {15, 16, 17, 512, 530, 1100}) {
    CAPTURE(rows);
    const auto a = rough_numbers<double>(static_cast<std::size_t>(rows * 24));
    const fuseval::Bindings inputs{{"a", fuseval::view(a.data(), {rows, 24})}};
    const std::int64_t launches = check_streamed("sum(a, axis=0)", inputs, 24 * 8 * 16);
    if (rows > 16) CHECK(launches > 1);
    check_streamed("var(a, axis=0), argmax(a, axis=0), mean(a, axis=0)", inputs, 24 * 8 * 64);
    check_streamed("sum(a, axis=1), argmin(a, axis=1), a/sum(a, axis=1, keepdims=True)", inputs, 3000);
  }
  const auto long_rows = rough_numbers<float>(5 * 30000);
  const fuseval::Bindings inputs{{"a", fuseval::view(long_rows.data(), {5, 30000})}};
  CHECK(check_streamed("sum(a, axis=1)", inputs, 130000) == 5);
  const fuseval::Bindings boxes{{"a", fuseval::view(long_rows.data(), {30, 50, 100})}};
  check_streamed("sum(a, axis=(0, 2)), sum(a, axis=(0, 1)), max(a, axis=1)", boxes, 50000);
}

TEST_CASE("streamed: rows that are reduced and read again, and values of the whole in every element") {
  const auto a = near_one<double>(130 * 60);
  const fuseval::Bindings inputs{{"a", fuseval::view(a.data(), {130, 60})}};
  CHECK(check_streamed("exp(a - max(a, axis=1, keepdims=True))/sum(exp(a - max(a, axis=1, keepdims=True)), axis=1, "
                       "keepdims=True)",
                       inputs, 10000) > 10);
  check_streamed("a - mean(a)", inputs, 10000);
  check_streamed("(a - mean(a, axis=0))/std(a, axis=0)", inputs, 10000);
  check_streamed("sum(a - mean(a)), a*sum(a, axis=0)", inputs, 10000);
}

TEST_CASE("streamed: kernels that share long rows run together on a part, and what only they exchange moves along") {
  const auto a = near_one<double>(12 * 40000), b = near_one<double>(12 * 40000, 1);
  const fuseval::Bindings inputs{{"a", fuseval::view(a.data(), {12, 40000})},
                                 {"b", fuseval::view(b.data(), {12, 40000})}};
  // Three kernels, each over 12 rows: they share what comes up.
  CHECK(check_streamed("exp(a - max(a, axis=1, keepdims=True))/sum(exp(a - max(a, axis=1, keepdims=True)), axis=1, "
                       "keepdims=True)",
                       inputs, 700000) == 36);
  CHECK(check_streamed("a - mean(a, axis=1, keepdims=True)", inputs, 700000) == 24);
  check_streamed("a - mean(a[::-1], axis=1, keepdims=True)", inputs, 700000);
  check_streamed("b - sum(a, axis=1, keepdims=True), var(b, axis=1)", inputs, 2000000);
  std::vector<double> expected = a, found = a;
  const PartBytes parts(700000);
  for (const char* const text : {"a - mean(a, axis=1, keepdims=True)", "a - mean(a[::-1], axis=1, keepdims=True)"}) {
    const auto over = [](std::vector<double>& of) { return fuseval::view(of.data(), {12, 40000}); };
    session().evaluate(text, {{"a", over(expected)}}, fuseval::into(over(expected)));
    session().evaluate(text, {{"a", over(found)}}, fuseval::into(over(found)), on_device_under_test());
    CHECK(first_difference(found.data(), expected.data(), found.size()) == -1);
  }
}

TEST_CASE("streamed: what a part has written over its input, another kernel of a later part does not read") {
  const auto original = near_one<double>(80 * 4100);
  const auto evaluate = [&](const fuseval::RunOptions& options) {
    std::vector<double> a = original;
    const auto rows = fuseval::view(a.data(), {80, 4100});
    const auto every_other = fuseval::view(a.data(), {20, 4100}, {2 * 4100 * 8, 8});
    session().evaluate("a[:40:2] - mean(a[:20], axis=1, keepdims=True)", {{"a", rows}}, fuseval::into(every_other),
                       options);
    return a;
  };
  const std::vector<double> expected = evaluate({});
  const PartBytes parts(100000);
  std::vector<double> found;
  CHECK(launches_of([&] { found = evaluate(on_device_under_test()); }) == 40);
  CHECK(first_difference(found.data(), expected.data(), found.size()) == -1);
}

TEST_CASE("streamed: integer powers are looked at before anything is written") {
  const std::vector<std::int64_t> a(5000, 3);
  std::vector<std::int64_t> b(5000, 2), out(5000, -1);
  const fuseval::Bindings inputs{{"a", a}, {"b", b}};
  check_streamed("a**b", inputs, 9000);
  b[4999] = -1;
  const PartBytes parts(9000);
  CHECK(error_of([&] { session().evaluate("a**b", inputs, fuseval::into(out), on_device_under_test()); }).code() ==
        FV_ERROR_VALUE);
  CHECK(out == std::vector<std::int64_t>(5000, -1));
}

TEST_CASE("streamed: outputs with gaps, in place, shifted and turned over their inputs") {
  const PartBytes parts(4000);
  const auto original = rough_numbers<double>(6000);
  const auto evaluate = [&](const char* text, const auto& view_in, const auto& view_out) {
    CAPTURE(text);
    std::vector<double> expected = original, found = original;
    session().evaluate(text, {{"a", view_in(expected)}}, fuseval::into(view_out(expected)));
    session().evaluate(text, {{"a", view_in(found)}}, fuseval::into(view_out(found)), on_device_under_test());
    CHECK(first_difference(found.data(), expected.data(), found.size()) == -1);
  };
  const auto part = [](std::int64_t first, std::int64_t step, Shape shape, Shape strides) {
    return [=](std::vector<double>& of) {
      Shape bytes;
      for (const std::int64_t stride : strides) bytes.push_back(8 * stride * step);
      return fuseval::view(of.data() + first, shape, bytes);
    };
  };
  evaluate("a*2 + 1", part(0, 1, {6000}, {1}), part(0, 1, {6000}, {1}));      // in place
  evaluate("a*2 + 1", part(0, 1, {2000}, {3}), part(0, 1, {2000}, {3}));      // with gaps
  evaluate("a*2 + 1", part(0, 1, {2000}, {3}), part(1, 1, {2000}, {3}));      // beside
  evaluate("a*2 + 1", part(0, 1, {5990}, {1}), part(10, 1, {5990}, {1}));     // shifted
  evaluate("a[::-1] + 1", part(0, 1, {6000}, {1}), part(0, 1, {6000}, {1}));  // turned
  evaluate("a + 1", part(5999, -1, {60, 100}, {100, 1}), part(0, 1, {60, 100}, {100, 1}));
  evaluate("a.T + 1", part(0, 1, {50, 60}, {120, 2}), part(0, 1, {60, 50}, {100, 2}));
  evaluate("a - mean(a)", part(0, 1, {60, 100}, {100, 1}), part(0, 1, {60, 100}, {100, 1}));
  evaluate("a + 1", part(0, 1, {60, 80}, {100, 1}), part(0, 1, {60, 80}, {100, 1}));
}

TEST_CASE("streamed: results that stay, and inputs that are there") {
  const auto a = rough_numbers<double>(9000), b = rough_numbers<double>(9000, 1);
  const fuseval::Result expected = session().evaluate("a*b, sum(a*b)", {{"a", a}, {"b", b}});
  const PartBytes parts(16000);
  const fuseval::Array b_there = session().to_device(b, device_under_test());
  const fuseval::Result there = session().evaluate("a*b, sum(a*b)", {{"a", a}, {"b", b_there}});
  CHECK_FALSE(there[0].is_on_host());
  CHECK(session().to_host(there[0]).to_vector<double>() == expected[0].to_vector<double>());
  CHECK(session().to_host(there[1]).item<double>() == expected[1].item<double>());
}

TEST_CASE("streamed: watched and stopped between parts") {
  const PartBytes parts(40000);
  const std::vector<float> a(1 << 20, 1.0f);
  std::vector<float> out(a.size(), -1.0f);
  fuseval::RunOptions options;
  options.device = "cudasim";  // slow enough to be seen at work
  std::vector<double> fractions;
  options.progress = [&](double fraction) {
    fractions.push_back(fraction);
    return true;
  };
  session().evaluate("sin(a)*0 + 3", {{"a", a}}, fuseval::into(out), options);
  REQUIRE_FALSE(fractions.empty());
  CHECK(std::is_sorted(fractions.begin(), fractions.end()));
  CHECK(fractions.back() <= 1);
  CHECK(out == std::vector<float>(a.size(), 3.0f));
  out.assign(a.size(), -1.0f);
  options.progress = [&](double) { return false; };
  const fuseval::Error error = error_of([&] {
    session().evaluate("sin(a)*0 + 3", {{"a", a}}, fuseval::into(out), options);
  });
  CHECK(error.code() == FV_ERROR_CANCELLED);
  CHECK(contains(error.message(), "; outputs may be partly written"));
  CHECK(out.back() == -1.0f);
}

TEST_CASE("streamed: mapped files, and one that shrinks") {
  constexpr std::int64_t count = 1 << 16;
  const TemporaryFolder folder;
  const std::string path = folder.path("a.npy");
  fuseval::save(path, std::vector<std::int64_t>(count, 3));
  const fuseval::NpyFile mapped(path);
  const std::vector<std::int64_t> n(count, 2);
  const fuseval::Bindings inputs{{"a", mapped}, {"n", n}};
  for (const char* const text : {"a*n", "sum(a)", "a - max(a)", "n**a"}) check_streamed(text, inputs, 40000);
  std::filesystem::resize_file(path, 4096);
  const PartBytes parts(40000);
  for (const char* const text : {"a*n", "sum(a)", "a - max(a)", "n**a"}) {
    CAPTURE(text);
    CHECK(error_of([&] { session().evaluate(text, inputs, on_device_under_test()); }).code() == FV_ERROR_FILE);
  }
}

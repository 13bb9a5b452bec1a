// Arrays on a device: they stay there, are used as they lie, and come back with the CPU's bits. The device is the
// device_under_test(); the GPU's part is cuda_device_test.cpp.
#include <doctest/doctest.h>

#include <numeric>

#include "same_results.hpp"
#include "tests/unit/device_under_test.hpp"

using namespace engine_test;

namespace {

const fuseval::Session& session() {
  static const fuseval::Session one{fuseval::SessionOptions{}};
  return one;
}

fuseval::RunOptions with(fv_results_on where, const char* device = nullptr) {
  fuseval::RunOptions options;
  options.device = device;
  options.results_on = where;
  return options;
}

fv_status code_of(const std::function<void()>& call) { return error_of(call).code(); }

std::vector<double> counting(std::size_t count) {
  std::vector<double> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  return numbers;
}

}  // namespace

TEST_CASE("arrays of every layout go to a device and come back") {
  for (const Layout layout : all_layouts) {
    CAPTURE(name_of(layout));
    const Array<double> a(rough_numbers<double>(6 * 35), {6, 35}, layout);
    const fuseval::Array there = session().to_device(a.view(), device_under_test());
    CHECK_FALSE(there.is_on_host());
    CHECK(there.device_type() == type_under_test());
    CHECK(there.is_contiguous());
    check_equal(session().to_host(there), session().to_host(a.view()));
    CHECK(session().to_host(there).to_vector<double>() == a.values());
  }
}

TEST_CASE("results stay where inputs live, and programs go on with them") {
  const auto a = rough_numbers<double>(1000), b = rough_numbers<double>(1000, 1);
  const fuseval::Array a_there = session().to_device(a, device_under_test());
  const fuseval::Result c_there = session().evaluate("a*b + 1", {{"a", a_there}, {"b", b}});
  CHECK(c_there.device_type() == type_under_test());
  const fuseval::Result sum_there = session().evaluate("sum(c[::2]), mean(c)", {{"c", c_there}});
  CHECK(sum_there[1].device_type() == type_under_test());
  const fuseval::Result expected = session().evaluate("sum((a*b + 1)[::2]), mean(a*b + 1)", {{"a", a}, {"b", b}});
  check_equal(session().to_host(sum_there[0]), expected[0]);
  check_equal(session().to_host(sum_there[1]), expected[1]);
}

TEST_CASE("where results go can be said") {
  const auto a = rough_numbers<double>(100);
  const fuseval::Array there = session().to_device(a, device_under_test());
  const fuseval::Result expected = session().evaluate("a + 1", {{"a", a}});
  check_equal(session().evaluate("a + 1", {{"a", there}}, with(FV_RESULTS_ON_HOST)), expected);
  const fuseval::Result up = session().evaluate("a + 1", {{"a", a}}, with(FV_RESULTS_ON_DEVICE, device_under_test()));
  CHECK(up.device_type() == type_under_test());
  check_equal(session().to_host(up), expected);
  check_equal(session().evaluate("a + 1", {{"a", a}}, with(FV_RESULTS_WHERE_INPUTS_ARE, device_under_test())),
              expected);
  const fuseval::Result made = session().evaluate("arange(5)", {}, with(FV_RESULTS_ON_DEVICE, device_under_test()));
  CHECK(session().to_host(made).to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 1, 2, 3, 4});
  CHECK(code_of([&] { session().evaluate("a + 1", {{"a", a}}, with(FV_RESULTS_ON_DEVICE)); }) == FV_ERROR_ARGUMENT);
}

TEST_CASE("outputs on a device are written there, in place and shifted too") {
  const auto a = counting(40);
  const fuseval::Array there = session().to_device(a, device_under_test());
  const auto program = session().compile("a + 0.5", {{"a", there}});
  auto* const data = static_cast<double*>(there.view().raw().data);
  const auto part = [&](std::ptrdiff_t first, std::int64_t count, std::int64_t stride) {
    const std::int64_t shape[] = {count}, strides[] = {8 * stride};
    return fuseval::View(fv_view{data + first, FV_FLOAT64, 1, shape, strides, type_under_test(), 0, 0});
  };
  std::vector<double> expected = a;
  program.run({{"a", part(0, 10, 3)}}, fuseval::into(part(0, 10, 3)));  // in place, with gaps
  for (std::size_t k = 0; k < 10; ++k) expected[3 * k] += 0.5;
  CHECK(session().to_host(there).to_vector<double>() == expected);
  program.run({{"a", part(0, 20, 1)}}, fuseval::into(part(1, 20, 1)));  // shifted by one
  for (std::size_t k = 20; k > 0; --k) expected[k] = expected[k - 1] + 0.5;
  CHECK(session().to_host(there).to_vector<double>() == expected);
  program.run({{"a", part(9, 10, -1)}}, fuseval::into(part(0, 10, 2)));  // backwards, with gaps, over itself
  std::vector<double> before = expected;
  for (std::size_t k = 0; k < 10; ++k) expected[2 * k] = before[9 - k] + 0.5;
  CHECK(session().to_host(there).to_vector<double>() == expected);
}

TEST_CASE("several outputs, some on the device and some on the host") {
  const auto a = counting(64);
  const fuseval::Array there = session().to_device(a, device_under_test()),
                       out_there = session().to_device(a, device_under_test());
  std::vector<double> out_here(64);
  session().evaluate("a + 1, a*2", {{"a", there}}, fuseval::into(out_there.view(), out_here));
  check_equal(session().to_host(out_there), session().evaluate("a + 1", {{"a", a}}));
  CHECK(out_here == session().evaluate("a*2", {{"a", a}}).to_vector<double>());
}

TEST_CASE("copies of any strides between any places") {
  const auto a = counting(24);
  const auto here = fuseval::view(a.data(), {4, 6});
  const auto turned = fuseval::view(a.data(), {6, 4}, {8, 48});
  const fuseval::Array target = session().empty({6, 4}, fuseval::DType::float64, device_under_test());
  session().copy(turned, target.view());
  const std::vector<double> expected = session().evaluate("a.T", {{"a", here}}).to_vector<double>();
  CHECK(session().to_host(target).to_vector<double>() == expected);
  const fuseval::Array second = session().empty({6, 4}, fuseval::DType::float64, device_under_test());
  session().copy(target.view(), second.view());
  std::vector<double> back(24);
  session().copy(second.view(), fuseval::view(back.data(), {6, 4}, {8, 48}));
  CHECK(back == a);
  CHECK(code_of([&] { session().copy(here, target.view()); }) == FV_ERROR_SHAPE);
  std::vector<float> floats(24);
  CHECK(code_of([&] { session().copy(target.view(), fuseval::view(floats.data(), {6, 4})); }) == FV_ERROR_DTYPE);
  CHECK(code_of([&] { session().copy(target.view(), turned); }) == FV_ERROR_ARGUMENT);  // read-only
}

TEST_CASE("arrays without elements, and numbers") {
  const std::vector<double> nothing;
  const fuseval::Array there = session().to_device(nothing, device_under_test());
  CHECK(session().to_host(session().evaluate("a + 1", {{"a", there}})).size() == 0);
  CHECK(session().to_host(session().evaluate("sum(a)", {{"a", there}})).item<double>() == 0);
  const fuseval::Array number = session().to_device(2.5, device_under_test());
  CHECK(session().to_host(session().evaluate("k*k", {{"k", number}})).item<double>() == 6.25);
}

TEST_CASE("packed records on the host are taken along, and written") {
  struct [[gnu::packed]] Record {
    char tag;
    double value;
  };
  std::vector<Record> records(20);
  for (std::size_t k = 0; k < records.size(); ++k) records[k] = {'x', static_cast<double>(k)};
  const fuseval::View field(&records[0].value, fuseval::DType::float64, {20}, {sizeof(Record)});
  fuseval::RunOptions options;
  options.device = device_under_test();
  CHECK(session().evaluate("sum(a)", {{"a", field}}, options).item<double>() == 190);
  session().evaluate("a*2", {{"a", field}}, fuseval::into(field), options);
  for (std::size_t k = 0; k < records.size(); ++k) {
    CHECK(records[k].tag == 'x');
    CHECK(static_cast<double>(records[k].value) == 2.0 * static_cast<double>(k));
  }
}

TEST_CASE("what cannot be is said") {
  const auto a = counting(10);
  const fuseval::Array there = session().to_device(a, device_under_test());
  const fuseval::View whole = there.view();
  const fv_view raw = whole.raw();
  SUBCASE("reading elements on the host") {
    CHECK(code_of([&] { there.to_vector<double>(); }) == FV_ERROR_ARGUMENT);
    CHECK(code_of([&] { there.at<double>(0); }) == FV_ERROR_ARGUMENT);
    CHECK(code_of([&] { session().to_device(1.0, device_under_test()).item<double>(); }) == FV_ERROR_ARGUMENT);
    CHECK(code_of([&] { fuseval::save("/tmp/never.npy", there); }) == FV_ERROR_ARGUMENT);
  }
  SUBCASE("another device than the call's") {
    const fuseval::Error error = error_of([&] {
      session().evaluate("a + 1", {{"a", there}}, with(FV_RESULTS_WHERE_INPUTS_ARE, "cpu"));
    });
    CHECK(error.code() == FV_ERROR_ARGUMENT);
    CHECK(std::string(error.what()).find("but the call is to run on cpu") != std::string::npos);
  }
  SUBCASE("two devices") {
    fv_view other = raw;
    other.device_type = FV_DEVICE_CUDA;
    other.device_id = 7;
    const fuseval::Error error = error_of([&] {
      session().evaluate("a + b", {{"a", there}, {"b", fuseval::View(other)}});
    });
    CHECK(error.code() == FV_ERROR_ARGUMENT);
    CHECK(std::string(error.what()).find("input 'b' is on cuda:7, but input 'a' on ") == 0);
  }
  SUBCASE("memory that is not the device's, or was freed") {
    fv_view beyond = raw;
    const std::int64_t shape[] = {11};
    beyond.shape = shape;
    beyond.byte_strides = nullptr;
    CHECK(code_of([&] { session().evaluate("a + 1", {{"a", fuseval::View(beyond)}}); }) == FV_ERROR_ARGUMENT);
    fv_view freed = raw;
    {
      const fuseval::Array gone = session().to_device(a, device_under_test());
      freed = gone.view().raw();
      const std::int64_t ten[] = {10};
      freed.shape = ten;
      freed.byte_strides = nullptr;
      const fuseval::View kept(freed);
      freed.data = kept.raw().data;
    }
    const std::int64_t ten[] = {10};
    freed.shape = ten;
    const fuseval::Error error = error_of([&] { session().evaluate("a + 1", {{"a", fuseval::View(freed)}}); });
    CHECK(error.code() == FV_ERROR_ARGUMENT);
    CHECK(std::string(error.what()).find("freed") != std::string::npos);
  }
  SUBCASE("unaligned elements on the device") {
    fv_view odd = raw;
    const std::int64_t shape[] = {9};
    odd.shape = shape;
    odd.byte_strides = nullptr;
    odd.data = static_cast<char*>(raw.data) + 4;
    CHECK(code_of([&] { session().evaluate("a + 1", {{"a", fuseval::View(odd)}}); }) == FV_ERROR_ARGUMENT);
  }
  SUBCASE("read-only outputs, and those that overlap themselves") {
    fv_view fixed = raw;
    fixed.flags |= FV_VIEW_READONLY;
    const fuseval::View view(fixed);
    CHECK(code_of([&] { session().evaluate("a + 1", {{"a", there}}, fuseval::into(view)); }) == FV_ERROR_ARGUMENT);
  }
  SUBCASE("devices that are none") {
    CHECK(code_of([&] { session().to_device(a, "cuda:x"); }) == FV_ERROR_UNSUPPORTED);
    CHECK(code_of([&] { session().to_device(a, "auto"); }) == FV_ERROR_UNSUPPORTED);
    CHECK(code_of([&] { session().synchronize("cpu"); }) == FV_ERROR_ARGUMENT);
  }
}

TEST_CASE("rows of few and of many elements do not share a kernel") {
  const auto a = near_one<double>(40 * 600);
  for (const std::int64_t width : {7, 30, 600, 31}) {
    CAPTURE(width);
    const auto view = fuseval::view(a.data(), {40, width});
    fuseval::RunOptions options;
    options.device = device_under_test();
    check_equal(session().evaluate("sum(a, axis=1)", {{"a", view}}, options),
                session().evaluate("sum(a, axis=1)", {{"a", view}}));
  }
}

TEST_CASE("integer powers with negative exponents are noticed on the device") {
  const std::vector<std::int64_t> a = {1, 2, 3}, b = {1, -1, 2};
  const fuseval::Array a_there = session().to_device(a, device_under_test()),
                       b_there = session().to_device(b, device_under_test());
  CHECK(code_of([&] { session().evaluate("a**b", {{"a", a_there}, {"b", b_there}}); }) == FV_ERROR_VALUE);
}

// Programs on a device that is not the processor: the CUDA simulator, which runs the kernels' very text. Their bits are
// the CPU's, and only elements of outputs are written.
#include <doctest/doctest.h>

#include "same_results.hpp"
#include "tests/unit/device_under_test.hpp"

using namespace engine_test;

namespace {

const fuseval::Session& session() {
  static const fuseval::Session one{fuseval::SessionOptions{}};
  return one;
}

// Compiled together: the parts of a tuple are kernels of one plan.
void check(const std::string& text, const fuseval::Bindings& bindings) {
  CAPTURE(text);
  const fuseval::Result expected = session().evaluate(text, bindings);
  check_all_equal(session().evaluate(text, bindings, on_device_under_test()), expected);
}

}  // namespace

TEST_CASE("the simulator gives the CPU's bits") {
  const Array<double> a(rough_numbers<double>(37 * 45), {37, 45}, Layout::contiguous);
  const Array<double> b(rough_numbers<double>(37 * 45, 1), {37, 45}, Layout::transposed);
  const Array<float> f(rough_numbers<float>(45, 2), {45}, Layout::strided);
  const Array<std::int32_t> n(std::vector<std::int32_t>(45, 7), {45}, Layout::negative);
  const fuseval::Bindings bindings = {{"a", a.view()}, {"b", b.view()}, {"f", f.view()}, {"n", n.view()}, {"k", 2.5}};
  check("a**2 + b**2 + 2*a*b, where(a > b, a, k*b), f*f + n, n // 2 + (n << 3), a.T[::-1] + b.T", bindings);
  check("sin(a) + cos(b)*exp(-abs(f)), arctan2(a, b), log(abs(a)), tanh(f), abs(a)**1.5, sqrt(abs(f))", bindings);
  check("sum(a*b), sum(a, axis=0), mean(a, axis=1), var(b, axis=0), std(a), argmin(a, axis=1), max(f), any(a > 0)",
        bindings);
  check("a - mean(a, axis=1, keepdims=True), exp(f - max(f)) / sum(exp(f - max(f)))", bindings);
  check("arange(1000)*0.5, sum(arange(100000)), zeros((0, 3)) + 1, sum(zeros((0, 3)), axis=0)", bindings);
}

// What does not move along the reduced axes is loaded once, unless there is nothing to load.
TEST_CASE("a reduction of nothing loads nothing") {
  const fuseval::View nothing(nullptr, fuseval::DType::float64, {0, 400}, {0, 8}, FV_VIEW_READONLY);
  check("sum(a, axis=0)", {{"a", nothing}});
  check("inner(ravel(a < 1), ravel(a < 1)), argmax(a.T[1:], axis=0)", {{"a", nothing}});
}

TEST_CASE("one structure in several variants") {
  for (const std::int64_t n : {20, 133, 20}) {
    const Array<double> a(rough_numbers<double>(static_cast<std::size_t>(7 * n)), {7, n}, Layout::contiguous);
    check("max(a, axis=1)", {{"a", a.view()}});
  }
}

TEST_CASE("on a device only elements of outputs are written, after everything was read") {
  std::vector<double> memory(40);
  for (std::size_t k = 0; k < memory.size(); ++k) memory[k] = static_cast<double>(k);
  const auto every_third = fuseval::view(memory.data(), {10}, {24});
  const auto program = session().compile("a + 0.5", {{"a", every_third}});
  std::vector<double> expected = memory;
  for (std::size_t k = 0; k < 10; ++k) expected[3 * k] += 0.5;
  program.run({{"a", every_third}}, fuseval::into(every_third), on_device_under_test());
  CHECK(memory == expected);
  const auto first = fuseval::view(memory.data(), {20}), shifted = fuseval::view(memory.data() + 1, {20});
  for (std::size_t k = 20; k > 0; --k) expected[k] = expected[k - 1] + 0.5;
  program.run({{"a", first}}, fuseval::into(shifted), on_device_under_test());
  CHECK(memory == expected);
}

TEST_CASE("a device says what is wrong as the CPU does") {
  const std::vector<std::int64_t> a = {1, 2, 3}, b = {1, -1, 2};
  const fuseval::Bindings bindings = {{"a", a}, {"b", b}};
  const fuseval::Error on_cpu = error_of([&] { session().evaluate("a**b", bindings); });
  const fuseval::Error on_device = error_of([&] { session().evaluate("a**b", bindings, on_device_under_test()); });
  CHECK(on_device.code() == on_cpu.code());
  CHECK(std::string(on_device.what()) == on_cpu.what());
  fuseval::RunOptions unknown;
  unknown.device = "abacus";
  CHECK(error_of([&] { session().evaluate("a + b", bindings, unknown); }).code() == FV_ERROR_UNSUPPORTED);
}

TEST_CASE("more arrays than a kernel's parameter holds") {
  const std::vector<double> a = {1, 2, 3};
  std::string text = "0";
  std::vector<std::string> names;
  for (int k = 0; k < 300; ++k) names.push_back("a" + std::to_string(k));
  fuseval::Bindings bindings;
  for (const std::string& name : names) {
    text += " + " + name;
    bindings.add(name, fuseval::view(a.data(), {3}));
  }
  check(text, bindings);
}

TEST_CASE("a device's kernels are compiled once, and its calls can be cancelled") {
  const std::vector<double> a(1000, 1.0);
  const auto launches = [&] { return session().counters().launches; };
  const auto compiled = [&] { return session().counters().kernels_compiled; };
  session().evaluate("a*3 + 1", {{"a", a}}, on_device_under_test());
  const std::int64_t kernels = compiled(), before = launches();
  session().evaluate("a*3 + 1", {{"a", a}}, on_device_under_test());
  CHECK(compiled() == kernels);
  CHECK(launches() == before + 1);
  fuseval::CancelToken token;
  token.set();
  fuseval::RunOptions options = on_device_under_test();
  options.cancel = &token;
  CHECK(error_of([&] { session().evaluate("a*3 + 1", {{"a", a}}, options); }).code() == FV_ERROR_CANCELLED);
}

// Elementwise nests by tiles on a device: operands of which rows are not aligned, and transposed ones. Their bits are
// the CPU's.
#include <doctest/doctest.h>

#include "support.hpp"

using namespace engine_test;

namespace {

void check(const std::string& text, const fuseval::Bindings& bindings) {
  static const fuseval::Session session{fuseval::SessionOptions{}};
  CAPTURE(text);
  fuseval::RunOptions on_simulator;
  on_simulator.device = "cudasim";
  const fuseval::Result expected = session.evaluate(text, bindings);
  const fuseval::Result found = session.evaluate(text, bindings, on_simulator);
  REQUIRE(found.count() == expected.count());
  for (std::size_t k = 0; k < found.count(); ++k) {
    CAPTURE(k);
    const auto bytes =
        static_cast<std::size_t>(count_of(expected[k].shape()) * fv_dtype_size(static_cast<int>(expected[k].dtype())));
    CHECK(std::memcmp(found[k].view().raw().data, expected[k].view().raw().data, bytes) == 0);
  }
}

template <class T>
Array<T> numbers(const Shape& shape, Layout layout = Layout::contiguous, std::uint64_t salt = 0) {
  return {rough_numbers<T>(static_cast<std::size_t>(count_of(shape)), salt), shape, layout};
}

template <class T>
void check_type() {
  const auto a = numbers<T>({70, 45}), b = numbers<T>({45, 70}, Layout::contiguous, 1);
  const auto c = numbers<T>({64, 64}), d = numbers<T>({3, 40, 50}), e = numbers<T>({50, 40, 3});
  const fuseval::Bindings bindings = {
      {"a", a.view()}, {"b", b.view()}, {"c", c.view()}, {"d", d.view()}, {"e", e.view()}};
  check("a + b.T, b - a.T, c + c.T, c.T[1:, ::-1] + c[:-1]", bindings);
  check("d + e.T, transpose(d, (0, 2, 1)) + d[:, :1, 5:45][:, :, :40] - d[0, :, :].T, d.T + e", bindings);
  check("a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]", bindings);
  check("d[:, 1:, 1:] - d[:, :-1, :-1], d[1:, 1:, 2:] * d[:-1, :-1, :-2], a[:, 1:] + a[0, 1:], a[:, 1:] + a[:, :1]",
        bindings);
}

}  // namespace

TEST_CASE("a device's tiles: stencils and transposed operands of every size of element") {
  check_type<double>();
  check_type<float>();
  check_type<std::int32_t>();
  check_type<std::uint8_t>();
}

TEST_CASE("a device's tiles: indexes, constants, several outputs, many operands, elementary functions") {
  const auto a = numbers<double>({67, 41}), b = numbers<double>({41, 67}, Layout::strided, 1);
  const auto f = numbers<float>({41, 67}, Layout::negative, 2);
  const fuseval::Bindings bindings = {{"a", a.view()}, {"b", b.view()}, {"f", f.view()}, {"k", 2.5}};
  check("a + arange(67)[:, None]*arange(41) + b.T, k*a[:, 1:] + arange(67)[:, None]", bindings);
  check("exp(a[1:, 1:]) + sin(f.T[1:, 1:]), where(a > b.T, a, f.T), (a[:, 1:] > 0) & (b.T[:, 1:] > 0)", bindings);
  check("a + a[::-1, ::-1] + b.T + f.T + b.T[::-1] + f.T[:, ::-1] + a[:, :1] + a[:1] + b.T[:, ::-1] + b[0, 0]",
        bindings);
}

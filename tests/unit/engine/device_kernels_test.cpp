// Which texts a device compiles: a nest's variants are kernels of their own, and of a reduction's two kernels the
// second is compiled when some call needs it.
#include <doctest/doctest.h>

#include "support.hpp"
#include "tests/unit/device_under_test.hpp"

using namespace engine_test;

namespace {

// Texts compiled for the simulator; the result's bits are the CPU's.
std::int64_t compiled(const fuseval::Session& session, const std::string& text, const Array<double>& a) {
  CAPTURE(text);
  const fuseval::Result expected = session.evaluate(text, {{"a", a.view()}});
  const std::int64_t before = session.counters().kernels_compiled;
  const fuseval::Result found = session.evaluate(text, {{"a", a.view()}}, on_device_under_test());
  const auto bytes = static_cast<std::size_t>(count_of(expected[0].shape())) * sizeof(double);
  CHECK(std::memcmp(found[0].view().raw().data, expected[0].view().raw().data, bytes) == 0);
  return session.counters().kernels_compiled - before;
}

Array<double> numbers(std::int64_t rows, std::int64_t columns) {
  return {rough_numbers<double>(static_cast<std::size_t>(rows * columns)), {rows, columns}, Layout::contiguous};
}

}  // namespace

TEST_CASE("a device's kernels: short and long rows, few and many blocks") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  CHECK(compiled(session, "sum(a, axis=1)", numbers(40, 20)) == 1);
  CHECK(compiled(session, "sum(a, axis=1)", numbers(40, 200)) == 1);
  CHECK(compiled(session, "sum(a, axis=1)", numbers(3, 32768)) == 0);
  CHECK(compiled(session, "sum(a, axis=1)", numbers(2, 40000)) == 1);  // the kernel that combines
  CHECK(compiled(session, "sum(a, axis=1)", numbers(2, 50000)) == 0);
  CHECK(compiled(session, "sum(a, axis=1)", numbers(3, 1024)) == 0);
  CHECK(compiled(session, "sum(a, axis=0)", numbers(100, 40)) == 2);
}

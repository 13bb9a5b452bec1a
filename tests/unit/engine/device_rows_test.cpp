// Chains on a device: what reduces rows and reads them again is one kernel, with the CPU's bits.
#include <doctest/doctest.h>

#include "support.hpp"
#include "tests/unit/device_under_test.hpp"

using namespace engine_test;

namespace {

const fuseval::Session& session() {
  static const fuseval::Session one{fuseval::SessionOptions{}};
  return one;
}

// Launches on the simulator of a text of one result, which stays there: so little is on the host that nothing is cut.
template <class T>
std::int64_t launches(const std::string& text, const Array<T>& a) {
  CAPTURE(text);
  fuseval::RunOptions options = on_device_under_test();
  options.results_on = FV_RESULTS_ON_DEVICE;
  const fuseval::Result expected = session().evaluate(text, {{"a", a.view()}});
  const std::int64_t before = session().counters().launches;
  const fuseval::Result there = session().evaluate(text, {{"a", a.view()}}, options);
  const fuseval::Array found = session().to_host(there);
  REQUIRE(found.dtype() == expected[0].dtype());
  const auto bytes =
      static_cast<std::size_t>(count_of(expected[0].shape()) * fv_dtype_size(static_cast<int>(expected[0].dtype())));
  CHECK(std::memcmp(found.view().raw().data, expected[0].view().raw().data, bytes) == 0);
  return session().counters().launches - before;
}

template <class T>
Array<T> numbers(const Shape& shape, Layout layout = Layout::contiguous) {
  return {near_one<T>(static_cast<std::size_t>(count_of(shape))), shape, layout};
}

const std::string softmax =
    "exp(a - max(a, axis=-1, keepdims=True)) / sum(exp(a - max(a, axis=-1, keepdims=True)), "
    "axis=-1, keepdims=True)";
const std::string centred = "a - mean(a, axis=-1, keepdims=True)";
const std::string standard = "(a - mean(a, axis=-1, keepdims=True)) / std(a, axis=-1, keepdims=True)";
const std::string layer_norm =
    "(a - mean(a, axis=-1, keepdims=True)) / sqrt(mean((a - mean(a, axis=-1, keepdims=True))**2, axis=-1, "
    "keepdims=True) + 1e-5)";

}  // namespace

TEST_CASE("rows that are reduced and read again are one kernel on a device") {
  for (const std::string& text : {softmax, centred, standard, layer_norm})
    for (const std::int64_t columns : {33, 64, 1000, 1001, 4096})
      CHECK(launches(text, numbers<double>({70, columns})) == 1);
  for (const std::string& text : {softmax, standard})
    for (const std::int64_t columns : {40, 128, 1003, 8192, 8193})
      CHECK(launches(text, numbers<float>({65, columns})) == 1);
}

TEST_CASE("a device's rows: several warps a row, several axes, layouts, integers") {
  for (const std::int64_t blocks : {2, 3, 5, 8}) {
    CHECK(launches(softmax, numbers<double>({64, blocks * 4096})) == 1);
    CHECK(launches(standard, numbers<double>({64, blocks * 4096 - 7})) == 1);
  }
  CHECK(launches(softmax, numbers<double>({5, 13, 200})) == 1);
  CHECK(launches("a - mean(a, axis=(1, 2), keepdims=True)", numbers<double>({65, 20, 30})) == 1);
  for (const Layout layout : {Layout::strided, Layout::negative, Layout::unaligned})
    CHECK(launches(softmax, numbers<double>({70, 300}, layout)) == 1);
  CHECK(launches("a - max(a, axis=-1, keepdims=True)", numbers<std::int32_t>({70, 1000})) == 1);
  CHECK(launches("where(a == max(a, axis=-1, keepdims=True), argmax(a, axis=-1)[:, None], -1)",
                 numbers<float>({70, 1000})) == 1);
}

TEST_CASE("a device's rows that are too short, too long, too few or columns run kernel by kernel") {
  CHECK(launches(centred, numbers<double>({70, 32})) == 2);
  CHECK(launches(centred, numbers<double>({64, 8 * 4096 + 1})) == 2);
  CHECK(launches(centred, numbers<double>({63, 100})) == 2);
  CHECK(launches("a - mean(a, axis=0)", numbers<double>({70, 100})) == 2);
  CHECK(launches(softmax, numbers<double>({70, 300}, Layout::transposed)) == 3);
}

// Every elementary function at the points of math_accuracy.cpp, and at special values: compiled code, on the CPU and on
// the CUDA simulator, gives the host emitter's bits. What MPFR says of one holds for all.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "tests/numerics/compiled.hpp"
#include "tests/numerics/oracle.hpp"
#include "tests/numerics/samples.hpp"
#include "tests/unit/device_under_test.hpp"

namespace fuseval::numerics {

namespace {

template <class T>
std::vector<T> special_values() {
  using limits = std::numeric_limits<T>;
  std::vector<T> values = {0,
                           limits::denorm_min(),
                           limits::min(),
                           limits::max(),
                           limits::infinity(),
                           limits::epsilon(),
                           T(0.5),
                           1,
                           T(1.5),
                           2,
                           T(2.5),
                           3,
                           16777216,
                           T(0x1p100)};
  const size_t positive = values.size();
  for (size_t k = 0; k < positive; ++k) values.push_back(-values[k]);
  values.push_back(limits::quiet_NaN());
  return values;
}

/// One function's arguments and what the host emitter makes of them.
template <class T>
struct Column {
  explicit Column(const MathFunction& which) : function(which) {
    std::vector<Point<T>> points = points_for<T>(which.name, which.arity, sample_count, sample_seed);
    for (const T a : special_values<T>())
      for (const T b : special_values<T>()) points.push_back({a, b});
    for (const Point<T>& point : points) {
      x.push_back(point.x);
      y.push_back(point.y);
      expected.push_back(evaluate(which, point.x, point.y));
    }
  }
  std::string text() const {
    const std::string name = function.name == "pow" ? "power" : function.name;
    return name + "(x_" + name + (function.arity == 2 ? ", y_" + name : "") + ")";
  }
  void bind(NamedColumns<T>& inputs) const {
    const std::string name = function.name == "pow" ? "power" : function.name;
    inputs.emplace_back("x_" + name, &x);
    if (function.arity == 2) inputs.emplace_back("y_" + name, &y);
  }

  const MathFunction& function;
  std::vector<T> x, y, expected;
};

template <class T>
bool same(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

template <class T>
void check(const Column<T>& column, const std::vector<T>& found) {
  REQUIRE(found.size() == column.expected.size());
  for (size_t k = 0; k < found.size(); ++k) {
    if (same(found[k], column.expected[k])) continue;
    CAPTURE(column.x[k]);
    CAPTURE(column.y[k]);
    CAPTURE(found[k]);
    CAPTURE(column.expected[k]);
    FAIL_CHECK("other bits");
    return;
  }
}

}  // namespace

// All functions are one program, whose kernels are compiled together.
TEST_CASE_TEMPLATE("elementary functions have the same bits on every device", T, double, float) {
  std::vector<Column<T>> columns;
  for (const MathFunction& function : math_functions()) columns.emplace_back(function);
  NamedColumns<T> inputs;
  std::string text;
  for (const Column<T>& column : columns) {
    text += column.text() + ", ";
    column.bind(inputs);
  }
  for (const char* device : {"cpu", device_under_test()}) {
    CAPTURE(device);
    const std::vector<std::vector<T>> results = evaluate_on<T>(device, text, inputs);
    REQUIRE(results.size() == columns.size());
    for (size_t k = 0; k < columns.size(); ++k) {
      CAPTURE(columns[k].function.name);
      check(columns[k], results[k]);
    }
  }
}

}  // namespace fuseval::numerics

// How long the pieces are that a call does between two looks at its control: counted in elements and pieces, so that no
// test depends on the speed of the machine.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/call/run.hpp"
#include "engine/cpu/executor.hpp"
#include "engine/plan/runtime.hpp"
#include "fuseval/fuseval.h"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using engine::CancelToken;
using engine::RunControl;

namespace {

template <class T>
constexpr DType dtype_of = std::is_same_v<T, int64_t> ? DType::int64 : DType::float64;

/// One session of one thread; a and b are two arrays of a shape.
template <class T>
class Calls {
 public:
  /// time_limit: of the session, in milliseconds; 0: none.
  Calls(T a, T b, std::vector<int64_t> shape, int64_t time_limit = 0) : shape_(std::move(shape)) {
    size_t count = 1;
    for (const int64_t extent : shape_) count *= static_cast<size_t>(extent);
    values_[0].assign(count, a);
    values_[1].assign(count, b);
    for (size_t k = 0; k < count; ++k) values_[0][k] -= static_cast<T>(values_[0][k] / 1024 * static_cast<T>(k % 64));
    engine::SessionOptions options;
    options.threads = 1;
    options.call.milliseconds = time_limit;
    runtime_ = std::make_shared<engine::Runtime>(options, codegen::TargetOptions{});
    for (size_t k = 0; k < 2; ++k) {
      views_[k].data = values_[k].data();
      views_[k].dtype = static_cast<int32_t>(dtype_of<T>);
      views_[k].rank = static_cast<int32_t>(shape_.size());
      views_[k].shape = shape_.data();
    }
  }

  /// Elements of a.
  int64_t count() const { return static_cast<int64_t>(values_[0].size()); }

  /// The bytes of the result of a call with this control.
  std::string result(const std::string& text, RunControl* control = nullptr) {
    engine::RunOptions options;
    options.control = control;
    engine::Results results;
    engine::run(program(text), views_, 2, nullptr, 0, options, &results);
    const auto& item = results.items.at(0);
    return {item.data, static_cast<size_t>(element_count(item.shape) * size_of(item.dtype))};
  }

  /// Whether a call into an output can be made the direct way, which looks at no clock.
  bool is_direct(const std::string& text) {
    const engine::Program made = program(text);
    std::vector<T> out(values_[0].size());
    fv_view output = views_[0];
    output.data = out.data();
    engine::run(made, views_, 2, &output, 1, {}, nullptr);
    return made.run_directly(views_, 2, &output, 1);
  }

  /// Pieces of a call that something may stop. It must give the bits of one that nothing stops.
  int64_t pieces(const std::string& text) {
    CancelToken token;
    RunControl control(&token, {});
    int64_t count = 0;
    control.between_blocks([&] { ++count; });
    CHECK(result(text, &control) == result(text));
    return count;
  }

  /// Pieces of a call whose token is set in the third of them.
  int64_t pieces_of_cancelled(const std::string& text) {
    CancelToken token;
    RunControl control(&token, {});
    int64_t count = 0;
    control.between_blocks([&] { token.is_set = ++count == 3; });
    CHECK(thrown([&] { result(text, &control); }).code() == ErrorCode::cancelled);
    return count;
  }

 private:
  engine::Program program(const std::string& text) const {
    const auto rank = static_cast<int32_t>(shape_.size());
    return {runtime_, text, {{"a", dtype_of<T>, rank, false}, {"b", dtype_of<T>, rank, false}}};
  }

  std::vector<int64_t> shape_;
  std::vector<T> values_[2];
  std::shared_ptr<engine::Runtime> runtime_;
  fv_view views_[2] = {};
};

// What a kernel may do with a quotient of 2**2000 in a piece: about 0.2 µs an element.
constexpr int64_t most_dear_elements = 20'000;

template <class T>
void check_pieces(Calls<T>& calls, std::initializer_list<const char*> texts) {
  for (const char* text : texts) {
    CAPTURE(std::string(text));
    CHECK(calls.pieces(text) >= calls.count() / most_dear_elements);
    CHECK(calls.pieces_of_cancelled(text) == 3);
  }
}

}  // namespace

TEST_CASE("pieces of operations that loop are sized by their dearest elements") {
  Calls<double> line(1.7e308, 2.3e-308, {600'000}), table(1.7e308, 2.3e-308, {100, 6'000}),
      column(1.7e308, 2.3e-308, {100'000, 6});
  check_pieces(line, {"a % b", "a // b", "fmod(a, b)", "(a % b)[::-1]", "sum(a % b)", "max(fmod(a, b))",
                      "any(a % b == 1)", "argmin(a // b)"});
  check_pieces(table, {"a % b", "sum(a % b, axis=0)", "sum(a % b, axis=1)", "sum(fmod(a, b))", "(a % b).T + 1",
                       "a % b - max(a % b, axis=1, keepdims=True)", "var(a % b, axis=0)", "any(a % b > 0, axis=1)"});
  check_pieces(column, {"a % b", "sum(a % b, axis=0)", "min(a % b, axis=1)", "(a % b)[:, ::-1]",
                        "sum(a, axis=1) % b[:, 0]*sum(a, axis=1)"});
}

TEST_CASE("pieces of integer operations that loop are sized by their dearest elements") {
  Calls<int64_t> line(7540113804746346429, 4660046610375530309, {100'000});
  for (const char* text : {"gcd(a, b)", "lcm(a, b)", "any(gcd(a, b) == 1)", "sum(gcd(a, b))"}) {
    CAPTURE(std::string(text));
    CHECK(line.pieces(text) >= line.count() / 5'000);
    CHECK(line.pieces_of_cancelled(text) == 3);
  }
}

TEST_CASE("pieces of cheap operations stay long, and are one where nothing may stop the call") {
  Calls<double> line(1.5, 1.25, {600'000});
  for (const char* text : {"a*b + 1", "sum(a*b)", "a.T"}) {
    CAPTURE(std::string(text));
    CHECK(line.pieces(text) <= line.count() / 20'000);
  }
}

TEST_CASE("a session with a time limit makes no direct call that can take milliseconds") {
  Calls<double> limited(1.5, 1.25, {20'000}, 1'000'000), unlimited(1.5, 1.25, {20'000});
  CHECK(unlimited.is_direct("a % b"));
  CHECK(!limited.is_direct("a % b"));
  CHECK(limited.is_direct("a*b"));
}

TEST_CASE("a token that stopped a call and is cleared at once has stopped it all the same") {
  CancelToken token;
  RunControl control(&token, {});
  token.is_set = true;
  CHECK(!control.goes_on());
  token.is_set = false;
  CHECK(!control.goes_on());
  CHECK(thrown([&] { control.check(); }).code() == ErrorCode::cancelled);
}

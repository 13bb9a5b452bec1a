// Conditions on Python's scalars from call to call: a plan for each outcome, found again for every value that leads to
// it; and names of any kind beside a text.
#include <doctest/doctest.h>

#include <utility>

#include "support.hpp"

using namespace engine_test;

namespace {

using Doubles = std::vector<double>;

std::int64_t plans(const fuseval::Session& session) { return session.counters().plans_made; }

}  // namespace

TEST_CASE("a thousand values make as many plans as there are outcomes") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  const Doubles a = {1, 2, 3};
  const auto program = session.compile("a/y if y != 0 else a*0", {{"a", a}, {"y", 1.0}});
  std::int64_t before = plans(session);
  const auto since = [&] { return plans(session) - std::exchange(before, plans(session)); };
  Doubles out(3);
  for (int y = -500; y < 500; ++y) {
    program.into(out)(a, y / 4.0);
    REQUIRE(out[2] == (y == 0 ? 0.0 : 3 / (y / 4.0)));
  }
  CHECK(since() == 2);
  for (int y = -500; y < 500; ++y)
    REQUIRE(session.evaluate("x/y if y != 0 else 0", {{"x", 3.0}, {"y", y / 4.0}}).item<double>() ==
            (y == 0 ? 0.0 : 3 / (y / 4.0)));
  CHECK(since() == 2);
  for (int k = 0; k < 100; ++k)
    REQUIRE(session.evaluate("a*(k or 1)", {{"a", a}, {"k", k}}).at<double>(2) == 3.0 * (k == 0 ? 1 : k));
  CHECK(since() == 2);
  for (int k = 0; k < 100; ++k)
    REQUIRE(session.evaluate("a + 1 if k % 2 else a", {{"a", a}, {"k", k}}).at<double>(0) == 1 + k % 2);
  CHECK(since() == 2);
}

TEST_CASE("a division by a Python number that is 0 is an error before anything is stored, and no plan") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  const Doubles a = {1, 2};
  Doubles out = {7, 7};
  for (const char* text : {"a*(1/y)", "a if 1/y == 3 else a*2"}) {
    const auto program = session.compile(text, {{"a", a}, {"y", 1.0}});
    program.into(out)(a, 0.5);
    const Doubles before = out;
    const std::int64_t made = plans(session);
    const fuseval::Error error = error_of([&] { program.into(out)(a, 0.0); });
    CHECK(error.code() == FV_ERROR_VALUE);
    CHECK(error.message() == "division by zero");
    CHECK(std::string(error.caret()).find("^~~") != std::string::npos);
    CHECK(out == before);
    program.into(out)(a, 0.25);
    CHECK(plans(session) == made);
  }
  CHECK(session.evaluate("a/y", {{"a", a}, {"y", 0.0}}).at<double>(0) == INFINITY);
  CHECK(session.evaluate("x/y", {{"x", fuseval::scalar(1.0)}, {"y", 0.0}}).item<double>() == INFINITY);
  CHECK(error_of([&] { session.evaluate("x/y", {{"x", 1.0}, {"y", 0.0}}); }).code() == FV_ERROR_VALUE);
}

TEST_CASE("an input that a plan skips must still be one that the program takes") {
  double x = 1, y = 2;
  const auto view = [](double& value, std::uint32_t flags = 0) {
    return fv_view{&value, FV_FLOAT64, 0, nullptr, nullptr, FV_DEVICE_CPU, 0, flags};
  };
  const char* const names[] = {"k", "x", "y"};
  double k = 1, out = 0;
  fv_view inputs[] = {view(k, FV_VIEW_WEAK), view(x), view(y)};
  const fv_view output = view(out);
  fv_program* program = nullptr;
  REQUIRE(fv_compile(nullptr, "x if k > 0 else y", 17, names, inputs, 3, &program, nullptr) == FV_OK);
  const auto run = [&] { return fv_run(program, inputs, 3, &output, 1, nullptr, nullptr, nullptr); };
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK(run() == FV_OK);
    CHECK(out == 1);
  }
  inputs[2].dtype = FV_FLOAT32;
  CHECK(run() == FV_ERROR_ARGUMENT);
  inputs[2] = view(y, FV_VIEW_WEAK);
  CHECK(run() == FV_ERROR_ARGUMENT);
  inputs[2] = view(y);
  inputs[2].data = nullptr;
  CHECK(run() == FV_ERROR_INVALID_HANDLE);
  inputs[2] = view(y);
  k = -1;
  CHECK(run() == FV_OK);
  CHECK(out == 2);
  fv_program_release(program);
}

TEST_CASE("columns of any name beside a text, and in it") {
  const Doubles a = {1, 2}, b = {10, 20};
  const auto value = [&](const char* text, const char* name) {
    return fuseval::evaluate(text, {{"a", a}, {name, b}}).to_vector<double>();
  };
  for (const char* name :
       {"mean", "norm", "gamma", "random", "float32", "int", "e", "newaxis", "np", "nosuch", "None", "class", "a b"})
    CHECK(value("a + 1", name) == Doubles{2, 3});
  for (const char* name : {"mean", "norm", "gamma", "random", "float32", "int", "e", "newaxis", "np", "numpy", "α"})
    CHECK(value((std::string("a + ") + name).c_str(), name) == Doubles{11, 22});
  CHECK(value("a*0 + mean(mean)", "mean") == Doubles{15, 15});
  CHECK(value("mean - np.mean(mean)", "mean") == Doubles{-5, 5});
  CHECK(value("norm(norm*0 + 3)*0 + norm", "norm") == Doubles{10, 20});
  CHECK(error_of([&] { value("a + nosuch(a)", "nosuch"); }).message() ==
        "unknown function `nosuch`: the name is bound to an array, which cannot be called");
}

TEST_CASE("a host that binds the free names which it has gets its own columns") {
  const Doubles e = {1, 4}, m = {2, 2};
  fuseval::Bindings bindings;
  std::string required;
  for (const auto& [name, meaning] : fuseval::free_names("(e > m) * pi")) {
    if (name == "e") bindings.add(name, e);
    if (name == "m") bindings.add(name, m);
    if (!meaning) required += name;
  }
  CHECK(required == "m");
  CHECK(fuseval::evaluate("(e > m) * pi", bindings).at<double>(0) == 0);
  CHECK(fuseval::evaluate("(e > m) * pi", bindings).at<double>(1) > 3);
}

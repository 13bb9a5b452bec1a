// Sessions, programs and options of the C++ interface: what they own, what stops them, how inputs are named.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/unit/error_of.hpp"

using Doubles = std::vector<double>;

static_assert(!std::is_copy_constructible_v<fuseval::Session> &&
              std::is_nothrow_move_constructible_v<fuseval::Session>);
static_assert(!std::is_copy_constructible_v<fuseval::Program> &&
              std::is_nothrow_move_constructible_v<fuseval::Program>);
static_assert(!std::is_copy_constructible_v<fuseval::Result> && std::is_nothrow_move_constructible_v<fuseval::Result>);
static_assert(!std::is_copy_constructible_v<fuseval::NpyFile> && std::is_move_constructible_v<fuseval::NpyFile>);
static_assert(!std::is_copy_constructible_v<fuseval::CancelToken> &&
              std::is_move_constructible_v<fuseval::CancelToken>);

TEST_CASE("programs and results outlive their session") {
  const Doubles a = {1, 2, 3};
  fuseval::Program program = [&] {
    const fuseval::Session session{fuseval::SessionOptions{}};
    return session.compile("a*2", {{"a", a}});
  }();
  const fuseval::Program moved = std::move(program);
  CHECK(moved(a).to_vector<double>() == Doubles{2, 4, 6});
}

TEST_CASE("a program tells what it takes, and takes it by name") {
  const Doubles a = {1, 2, 3};
  const auto program = fuseval::compile("k*a + b", {{"k", 2}, {"a", a}, {"b", fuseval::scalar(1.5f)}});
  CHECK(program.text() == "k*a + b");
  const auto inputs = program.inputs();
  REQUIRE(inputs.size() == 3);
  CHECK(inputs[0].name == "k");
  CHECK(inputs[0].is_weak);
  CHECK(inputs[1].dtype == fuseval::DType::float64);
  CHECK(inputs[1].rank == 1);
  CHECK(!inputs[2].is_weak);
  const fuseval::Bindings named{{"b", fuseval::scalar(0.5f)}, {"a", a}, {"k", 3}};
  CHECK(program.run(named).to_vector<double>() == Doubles{3.5, 6.5, 9.5});
  Doubles out(3);
  program.run(named, fuseval::into(out));
  CHECK(out == Doubles{3.5, 6.5, 9.5});
  CHECK(error_of([&] { program.run({{"a", a}}); }).message() == "input 'k' is not given");
  CHECK(fuseval::free_names("k*a + b").at(2).name == "b");
}

TEST_CASE("a session calls the functions and methods on its list, and no others") {
  const Doubles a = {1, 4, 9};
  const fuseval::Bindings bindings{{"a", a}, {"mean", 2.0}, {"flag", true}};
  fuseval::SessionOptions options;
  options.functions = {"where", "sqrt", "sum"};
  const fuseval::Session session(options);
  const auto refusal = [&](const char* text) { return error_of([&] { session.evaluate(text, bindings); }); };
  CHECK(session.evaluate("where(a > 2, np.sqrt(a), 0)", bindings).to_vector<double>() == Doubles{0, 2, 3});
  // Words that are no functions, and an array that has a function's name.
  for (const char* text :
       {"a.sum()", "a.T * a % pi // e", "float32(a)[::-1]", "a*[1, 2, 3] if flag else a.size", "mean*a"})
    CHECK(refusal(text).message() == "no error");
  // However a text calls it.
  for (const char* text :
       {"mean(a)", "np.mean(a)", "a.mean()", "numpy.mean(a) + sqrt(a)", "(np.mean)(a)", "(a - 1).mean(axis=0)"}) {
    CAPTURE(text);
    CHECK(refusal(text).code() == FV_ERROR_UNSUPPORTED);
    CHECK(refusal(text).message() == "`mean` is not allowed in this session");
    const auto [begin, end] = refusal(text).span();
    CHECK(std::string(text).substr(begin, end - begin).find("mean") != std::string::npos);
  }
  CHECK(refusal("a.mean()").caret() == "a.mean()\n  ^~~~");
  for (const char* text : {"(mean, sum)[0](a)", "(max if flag else sum)(a)"}) CHECK(refusal(text).code() != FV_OK);
  CHECK(error_of([&] { session.result_types("exp(a)", bindings); }).code() == FV_ERROR_UNSUPPORTED);
  CHECK(error_of([&] { session.explain("exp(a)", bindings, "types"); }).code() == FV_ERROR_UNSUPPORTED);
  CHECK(error_of([&] { session.compile("exp(a)", bindings); }).code() == FV_ERROR_UNSUPPORTED);
  CHECK(fuseval::evaluate("mean(a)", {{"a", a}}).item<double>() == doctest::Approx(14.0 / 3));
}

TEST_CASE("an empty list of functions allows none, and no list all") {
  fuseval::SessionOptions options;
  options.functions.emplace();
  const fuseval::Session none(options), all{fuseval::SessionOptions{}};
  CHECK(error_of([&] { none.evaluate("sqrt(4)"); }).code() == FV_ERROR_UNSUPPORTED);
  CHECK(none.evaluate("2 + 3").item<std::int64_t>() == 5);
  CHECK(all.evaluate("sqrt(4)").item<double>() == 2);
  options.functions = {"sqr"};
  CHECK(error_of([&] { fuseval::Session{options}; }).message() ==
        "functions: there is no function or method `sqr`; did you mean `sqrt`?");
}

TEST_CASE("a call with options of its own: cancelled, and a hook that throws") {
  const Doubles a(1'000'000, 1.0);
  Doubles out(a.size());
  const fuseval::CancelToken token;
  fuseval::RunOptions options;
  options.cancel = &token;
  const auto program = fuseval::compile("sin(a)", {{"a", a}});
  const auto into_out = program.with(fuseval::into(out), options);
  into_out(a);
  CHECK(out[0] == program(a).at<double>(0));
  token.set();
  CHECK(token.is_set());
  CHECK(error_of([&] { into_out(a); }).code() == FV_ERROR_CANCELLED);
  CHECK(error_of([&] { fuseval::evaluate("a", {{"a", a}}, options); }).code() == FV_ERROR_CANCELLED);
  token.clear();
  into_out(a);

  fuseval::SessionOptions talkative;
  talkative.hooks.log = [](fuseval::LogLevel, std::string_view) { throw std::logic_error("not now"); };
  const fuseval::Session session(talkative);
  const auto error = error_of([&] { session.evaluate("1 + 1"); });
  CHECK(error.code() == FV_ERROR_HOOK);
  CHECK(error.message().find("not now") != std::string::npos);
}

// What results will be: dtype, shape and weakness, without a run.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/unit/error_of.hpp"

using fuseval::DType;
using fuseval::View;
using Doubles = std::vector<double>;
using Extents = std::vector<std::int64_t>;

namespace {

void check_same(const fuseval::ResultType& type, const View& result) {
  const fv_view raw = result.raw();
  CHECK(type.dtype == result.dtype());
  CHECK(type.shape == Extents(raw.shape, raw.shape + raw.rank));
  CHECK(type.is_weak == ((raw.flags & FV_VIEW_WEAK) != 0));
}

}  // namespace

TEST_CASE("result types are those of the results") {
  const Doubles a = {1, 2, 3};
  const float few[2][3] = {{1, 2, 3}, {4, 5, 6}};
  const fuseval::Bindings bindings{{"a", a}, {"f", few}, {"k", 2}, {"x", 0.5}};
  for (const std::string text : {"a", "f*x", "f + a", "f > 2, sum(a), f.T", "(k,)", "k + 1, 2 > 1, 0.5*x", "a.size",
                                 "argmax(f, axis=0)", "zeros((k, 4), int8)", "a if k > 1 else f", "a[:k]",
                                 "f * [1, 2, 3]", "[1, 2]", "mean(f, axis=1, keepdims=True)"}) {
    CAPTURE(text);
    const auto types = fuseval::result_types(text, bindings);
    const auto results = fuseval::evaluate(text, bindings);
    REQUIRE(types.size() == results.count());
    for (std::size_t k = 0; k < types.size(); ++k) check_same(types[k], results[k].view());
  }
}

TEST_CASE("a query compiles nothing, keeps nothing and reads no element") {
  const fuseval::Session session{fuseval::SessionOptions{}};
  const View a = View::without_data(DType::float32, {1'000'000, 1'000'000'000});
  const auto types = session.result_types("sum(a*2, axis=0), a[0, 0]", {{"a", a}});
  REQUIRE(types.size() == 2);
  CHECK(types[0].dtype == DType::float32);
  CHECK(types[0].shape == Extents{1'000'000'000});
  CHECK(types[1].shape.empty());
  CHECK(!types[1].is_weak);
  const fv_counters counters = session.counters();
  CHECK(counters.kernels_compiled == 0);
  CHECK(counters.programs_cached == 0);
  CHECK(counters.plans_made == 0);
}

TEST_CASE("the result types of a program") {
  const auto program = fuseval::compile("k*a, a.size", {{"k", 2}, {"a", View::without_data(DType::int16, {4, 5})}});
  const auto types = program.result_types(3, View::without_data(DType::int16, {7, 2}));
  REQUIRE(types.size() == 2);
  CHECK(types[0].dtype == DType::int16);
  CHECK(types[0].shape == Extents{7, 2});
  CHECK(!types[0].is_weak);
  CHECK(types[1].is_weak);
  const View three = View::of_scalar(std::int64_t{3}, FV_VIEW_WEAK);
  CHECK(program.result_types(std::vector<View>{three, View::without_data(DType::int16, {0, 2})})[0].shape ==
        Extents{0, 2});
  CHECK(error_of([&] { program.result_types(3); }).message() == "the program takes 2 inputs, not 1");
  CHECK(error_of([&] { program.result_types(3, Doubles{1}); }).message() ==
        "input 'a' is float64 of rank 1, but the program was compiled for int16 of rank 2");
}

TEST_CASE("a query fails as the call would, with the place") {
  const View a = View::without_data(DType::float64, {3}), b = View::without_data(DType::float64, {4});
  const auto error = error_of([&] { fuseval::result_types("1 + a*b", {{"a", a}, {"b", b}}); });
  CHECK(error.code() == FV_ERROR_SHAPE);
  CHECK(error.span() == std::pair<std::uint32_t, std::uint32_t>{4, 7});
  CHECK(error.caret() == "1 + a*b\n    ^~~");
  CHECK(error_of([&] { fuseval::result_types("a + c", {{"a", a}}); }).code() == FV_ERROR_UNKNOWN_NAME);
  CHECK(error_of([&] { fuseval::result_types("a.dtype", {{"a", a}}); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([&] { fuseval::result_types("a +", {{"a", a}}); }).code() == FV_ERROR_SYNTAX);
}

TEST_CASE("a view without data is for queries alone") {
  const View a = View::without_data(DType::float64, {3});
  CHECK(error_of([&] { fuseval::evaluate("a + 1", {{"a", a}}); }).code() == FV_ERROR_INVALID_HANDLE);
  CHECK(error_of([&] { fuseval::into(a); }).message() == "an output has no memory");
}

TEST_CASE("the result types of a distributed call are those of the whole arrays") {
  fv_world_options options{};
  options.struct_size = sizeof options;
  options.kind = FV_WORLD_PLANNED;
  options.ranks = 3;
  fv_world* raw = nullptr;
  REQUIRE(fv_world_create(&options, &raw, nullptr) == FV_OK);
  const fuseval::World world{fuseval::detail::Handle<fv_world, fv_world_release>(raw)};
  const Doubles part(8);
  const fuseval::DistributedArray a(fuseval::view(part.data(), {4, 2}), fuseval::Distribution(world, {10, 2}));
  CHECK(fuseval::result_types("a.T", {{"a", a}})[0].shape == Extents{2, 10});
  const auto program = fuseval::compile("a.T", {{"a", View::without_data(DType::float64, {10, 2})}});
  CHECK(program.result_types(a)[0].shape == Extents{2, 10});
}

TEST_CASE("result types in C: inputs without memory, and a weak scalar, whose value is needed") {
  const std::int64_t shape[] = {2, 3};
  const fv_view array{nullptr, FV_INT32, 2, shape, nullptr, 0, 0, 0};
  const fv_view weak{nullptr, FV_INT64, 0, nullptr, nullptr, 0, 0, FV_VIEW_WEAK};
  const fv_view unshaped{nullptr, FV_INT32, 2, nullptr, nullptr, 0, 0, 0};
  const char* const name = "a";
  fv_types* types = nullptr;
  REQUIRE(fv_result_types(nullptr, "(a/2,)", 6, &name, &array, 1, &types, nullptr) == FV_OK);
  CHECK(fv_types_count(types) == 1);
  CHECK(fv_types_is_tuple(types) == 1);
  fv_view view{};
  REQUIRE(fv_types_get(types, 0, &view, nullptr) == FV_OK);
  CHECK(view.data == nullptr);
  CHECK(view.byte_strides == nullptr);
  CHECK(view.dtype == FV_FLOAT64);
  REQUIRE(view.rank == 2);
  CHECK(view.shape[1] == 3);
  CHECK(fv_types_get(types, 1, &view, nullptr) == FV_ERROR_INVALID_HANDLE);
  fv_types_release(types);
  for (const fv_view& input : {weak, unshaped}) {
    CHECK(fv_result_types(nullptr, "a + 1", 5, &name, &input, 1, &types, nullptr) == FV_ERROR_INVALID_HANDLE);
    CHECK(types == nullptr);
  }
  CHECK(fv_types_count(nullptr) == 0);
  CHECK(fv_types_is_tuple(nullptr) == 0);
  fv_types_release(nullptr);
}

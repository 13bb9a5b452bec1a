// Programs of the C ABI: what they are fixed to, and what may change from call to call.
#include <cmath>

#include "c_abi_support.hpp"

using namespace engine_test;

TEST_CASE("a program's inputs must be those that it was compiled for") {
  Doubles a;
  const char* name = "a";
  fv_view view = a.view();
  fv_program* program = nullptr;
  REQUIRE(fv_compile(nullptr, "a*2", 3, &name, &view, 1, &program, nullptr) == FV_OK);
  const auto refusal = [&](const std::vector<fv_view>& inputs) {
    return failure_of([&](fv_error** error) {
      fv_results* results = nullptr;
      const fv_status status = fv_run(program, inputs.data(), static_cast<std::int32_t>(inputs.size()), nullptr, 0,
                                      nullptr, &results, error);
      fv_results_release(results);
      return status;
    });
  };
  CHECK(refusal({view}).status == FV_OK);
  CHECK(contains(refusal({}).message, "takes 1 input, not 0"));
  CHECK(refusal({view, view}).status == FV_ERROR_ARGUMENT);
  CHECK(
      contains(refusal({a.view(1)}).message, "float64 of rank 1, but the program was compiled for float64 of rank 2"));
  fv_view other = view;
  other.dtype = FV_INT64;
  CHECK(refusal({other}).status == FV_ERROR_ARGUMENT);
  other = view;
  other.rank = 0;
  other.flags = FV_VIEW_WEAK;
  CHECK(refusal({other}).status == FV_ERROR_ARGUMENT);
  other = view;
  other.data = nullptr;
  CHECK(refusal({other}).status == FV_ERROR_INVALID_HANDLE);
  CHECK(failure_of([&](fv_error** error) {
          return fv_run(program, &view, 1, nullptr, 0, nullptr, nullptr, error);
        }).status == FV_ERROR_ARGUMENT);
  fv_program_release(program);
}

TEST_CASE("an input that the text does not use is held to its description, before and after the program is warm") {
  Doubles a, unused;
  const char* names[] = {"a", "unused"};
  fv_view views[] = {a.view(), unused.view()};
  fv_program* program = nullptr;
  views[1].shape = nullptr;  // never looked at
  views[1].data = nullptr;
  REQUIRE(fv_compile(nullptr, "a*2", 3, names, views, 2, &program, nullptr) == FV_OK);
  Doubles out;
  const fv_view output = out.view();
  const auto run = [&] {
    fv_results* results = nullptr;
    const fv_status status = fv_run(program, views, 2, nullptr, 0, nullptr, &results, nullptr);
    fv_results_release(results);
    CHECK(fv_run(program, views, 2, &output, 1, nullptr, nullptr, nullptr) == status);  // a direct call, once warm
    return status;
  };
  for (int warm = 0; warm < 3; ++warm) {
    CAPTURE(warm);
    views[1].dtype = FV_INT8;
    CHECK(run() == FV_ERROR_ARGUMENT);
    views[1].dtype = 99;
    CHECK(run() == FV_ERROR_INVALID_HANDLE);
    views[1].dtype = FV_FLOAT64;
    views[1].rank = 1;
    CHECK(run() == FV_ERROR_ARGUMENT);
    views[1].rank = 2;
    views[1].flags = FV_VIEW_WEAK;
    CHECK(run() != FV_OK);
    views[1].flags = 0;
    CHECK(run() == FV_OK);
  }
  fv_program_release(program);
}

TEST_CASE("with shapes, errors are found when the program is compiled; without, when it runs") {
  Doubles a, b;
  const char* names[] = {"a", "b"};
  std::int64_t other[2] = {2, 4};
  fv_view views[] = {a.view(), b.view()};
  views[1].shape = other;
  fv_program* program = nullptr;
  const auto compiled = [&](const char* text) {
    return failure_of([&](fv_error** error) {
      fv_program_release(program);
      return fv_compile(nullptr, text, std::strlen(text), names, views, 2, &program, error);
    });
  };
  CHECK(compiled("a + b").status == FV_ERROR_SHAPE);
  CHECK(program == nullptr);
  CHECK(compiled("-(a > 1) + b").status == FV_ERROR_DTYPE);
  CHECK(compiled("sum(a, axis=2)").status == FV_ERROR_AXIS);
  views[0].data = views[1].data = nullptr;  // data is not read
  CHECK(compiled("a*2").status == FV_OK);
  views[0].shape = views[1].shape = nullptr;
  CHECK(compiled("a +").status == FV_ERROR_SYNTAX);
  CHECK(compiled("a + b").status == FV_OK);
  views[0] = a.view();
  views[1] = b.view();
  views[1].shape = other;
  fv_results* results = nullptr;
  CHECK(failure_of([&](fv_error** error) {
          return fv_run(program, views, 2, nullptr, 0, nullptr, &results, error);
        }).status == FV_ERROR_SHAPE);
  views[1].shape = a.shape;
  CHECK(fv_run(program, views, 2, nullptr, 0, nullptr, &results, nullptr) == FV_OK);
  fv_results_release(results);
  fv_program_release(program);
}

TEST_CASE("weak scalars may change from call to call") {
  const fuseval::Session session = session_of(1);
  const std::vector<float> a = {1, 2, 3, 4};
  const fuseval::Program scaled = session.compile("k*a", {{"k", 2.0}, {"a", a}});
  const std::int64_t plans = session.counters().plans_made;
  CHECK(scaled(2.0, a).to_vector<float>() == std::vector<float>{2, 4, 6, 8});
  CHECK(scaled(0.5, a).to_vector<float>() == std::vector<float>{0.5, 1, 1.5, 2});
  CHECK(scaled(-1.0, a).at<float>(3) == -4);
  CHECK(session.counters().plans_made == plans);
  const fuseval::Program cut = session.compile("a[i:]", {{"a", a}, {"i", 1}});
  for (const int i : {1, 3, -1, 0, 1, 4}) CHECK(cut(a, i).size() == static_cast<std::size_t>(i >= 0 ? 4 - i : -i));
  const fuseval::Program power = session.compile("a**n", {{"a", a}, {"n", 2}});
  for (const int n : {2, 3, -1, 0, 7, 2}) CHECK(power(a, n).at<float>(1) == std::pow(2.0f, static_cast<float>(n)));
  const fuseval::Program axis = session.compile("sum(a, axis=k)", {{"a", fuseval::view(a.data(), {2, 2})}, {"k", 0}});
  CHECK(axis(fuseval::view(a.data(), {2, 2}), 0).to_vector<float>() == std::vector<float>{4, 6});
  CHECK(axis(fuseval::view(a.data(), {2, 2}), 1).to_vector<float>() == std::vector<float>{3, 7});
  CHECK(error_of([&] { axis(fuseval::view(a.data(), {2, 2}), 2); }).code() == FV_ERROR_AXIS);
  const std::vector<std::int8_t> bytes = {100};
  const fuseval::Program sum = session.compile("b + k", {{"b", bytes}, {"k", 1}});
  CHECK(sum(bytes, 27).at<std::int8_t>(0) == 127);
  CHECK(error_of([&] { sum(bytes, 200); }).code() != FV_OK);  // 200 is no int8
  CHECK(sum(bytes, -100).at<std::int8_t>(0) == 0);
}

TEST_CASE("a result that is a plain number says so") {
  const std::vector<float> a = {1, 2};
  const auto is_weak = [](const fuseval::Array& array) { return (array.view().raw().flags & FV_VIEW_WEAK) != 0; };
  const fuseval::Result result =
      fuseval::evaluate("2 + 3, a.size, pi, 1 < 2, a, sum(a), int64(7), k*2", {{"a", a}, {"k", 0.5}});
  const std::vector<bool> expected = {true, true, true, true, false, false, false, true};
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CAPTURE(k);
    CHECK(is_weak(result[k]) == expected[k]);
  }
  // Bound again it takes the dtype of what it meets, as Python's number would.
  CHECK(fuseval::evaluate("a*h", {{"a", a}, {"h", fuseval::evaluate("1/2")}}).dtype() == fuseval::DType::float32);
  CHECK(fuseval::evaluate("a*h", {{"a", a}, {"h", fuseval::evaluate("float64(1/2)")}}).dtype() ==
        fuseval::DType::float64);
  fuseval::RunOptions options;
  options.result_dtype = "float64";
  CHECK_FALSE(is_weak(fuseval::evaluate("2 + 3", {}, options)));
}

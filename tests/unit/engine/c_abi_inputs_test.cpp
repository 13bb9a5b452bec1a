// Inputs by name and by position, extents that views must not leave, and limits of texts and memory.
#include "c_abi_support.hpp"

using namespace engine_test;

namespace {

template <class T>
fv_view scalar_view(T& value, std::int32_t dtype) {
  return {&value, dtype, 0, nullptr, nullptr, FV_DEVICE_CPU, 0, 0};
}

double value_of(fv_results* results) {
  fv_view view{};
  REQUIRE(fv_results_view(results, 0, &view, nullptr) == FV_OK);
  const double value = *static_cast<double*>(view.data);
  fv_results_release(results);
  return value;
}

}  // namespace

TEST_CASE("without names, inputs are bound to the names that mean nothing else, in the order in which they appear") {
  double two = 2, three = 3;
  const fv_view inputs[] = {scalar_view(two, FV_FLOAT64), scalar_view(three, FV_FLOAT64)};
  fv_results* results = nullptr;
  const auto evaluate = [&](const char* text, std::int32_t count) {
    return failure_of([&](fv_error** error) {
      fv_results_release(results);
      return fv_evaluate(nullptr, text, std::strlen(text), nullptr, inputs, count, nullptr, 0, nullptr, &results,
                         error);
    });
  };
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK(evaluate("x**y + pi*0", 2).status == FV_OK);
    CHECK(value_of(std::exchange(results, nullptr)) == 8);
    CHECK(evaluate("b**a", 2).status == FV_OK);
    CHECK(value_of(std::exchange(results, nullptr)) == 8);
  }
  const Failure failure = evaluate("x + y + z", 2);
  CHECK(failure.status == FV_ERROR_ARGUMENT);
  CHECK(failure.message == "the text has 3 names to bind by position (x, y, z), but 2 inputs are given");
  CHECK(evaluate("e > m", 2).message ==
        "the text has 1 name to bind by position (m), but 2 inputs are given; a word of the language is bound by its "
        "name "
        "alone (e)");
  CHECK(evaluate("gamma - mean", 2).status == FV_OK);  // whatever functions there are
  CHECK(value_of(std::exchange(results, nullptr)) == -1);
  CHECK(evaluate("x +", 2).status == FV_ERROR_SYNTAX);
  CHECK(evaluate("1.0", 0).status == FV_OK);
  CHECK(value_of(std::exchange(results, nullptr)) == 1);
  CHECK(evaluate("x", 0).status == FV_ERROR_UNKNOWN_NAME);
  fv_program* program = nullptr;
  REQUIRE(fv_compile(nullptr, "y - x", 5, nullptr, inputs, 2, &program, nullptr) == FV_OK);
  const char* name = nullptr;
  fv_view view{};
  REQUIRE(fv_program_input(program, 0, &name, &view, nullptr) == FV_OK);
  CHECK(name == std::string("y"));
  REQUIRE(fv_run(program, inputs, 2, nullptr, 0, nullptr, &results, nullptr) == FV_OK);
  CHECK(value_of(results) == -1);
  fv_program_release(program);
}

TEST_CASE("names are one name in every form that Python normalises") {
  double two = 2, three = 3;
  const fv_view inputs[] = {scalar_view(two, FV_FLOAT64), scalar_view(three, FV_FLOAT64)};
  constexpr const char *composed = "\u00e9", *decomposed = "e\u0301", *micro = "\u00b5", *mu = "\u03bc";
  fv_results* results = nullptr;
  for (const char* bound : {composed, decomposed})
    for (const char* used : {composed, decomposed}) {
      const char* names[] = {bound, micro};
      const std::string text = std::string(used) + " - " + mu;
      REQUIRE(fv_evaluate(nullptr, text.data(), text.size(), names, inputs, 2, nullptr, 0, nullptr, &results,
                          nullptr) == FV_OK);
      CHECK(value_of(std::exchange(results, nullptr)) == -1);
      fv_program* program = nullptr;
      REQUIRE(fv_compile(nullptr, text.data(), text.size(), names, inputs, 2, &program, nullptr) == FV_OK);
      const char* name = nullptr;
      REQUIRE(fv_program_input(program, 0, &name, nullptr, nullptr) == FV_OK);
      CHECK(name == std::string(composed));
      const char* others[] = {mu, used};
      REQUIRE(fv_run_named(program, others, inputs, 2, nullptr, 0, nullptr, &results, nullptr) == FV_OK);
      CHECK(value_of(std::exchange(results, nullptr)) == 1);
      fv_program_release(program);
    }
  fv_names* free = nullptr;
  const std::string text = std::string(decomposed) + " + " + composed + " + " + micro;
  REQUIRE(fv_free_names(nullptr, text.data(), text.size(), &free, nullptr) == FV_OK);
  REQUIRE(fv_names_count(free) == 2);
  CHECK(fv_names_get(free, 0) == std::string(composed));
  CHECK(fv_names_get(free, 1) == std::string(mu));
  fv_names_release(free);
  const Failure failure = failure_of([&](fv_error** error) {
    const char* twice[] = {composed, decomposed};
    return fv_evaluate(nullptr, "1", 1, twice, inputs, 2, nullptr, 0, nullptr, &results, error);
  });
  CHECK(failure.status == FV_ERROR_ARGUMENT);
  CHECK(failure.message == "the name '\u00e9' is bound twice");
}

TEST_CASE("a program tells its inputs, and takes them by name in any order") {
  double two = 2;
  float three = 3;
  std::int64_t four = 4;
  const char* names[] = {"a", "b", "k"};
  fv_view inputs[] = {scalar_view(two, FV_FLOAT64), scalar_view(three, FV_FLOAT32), scalar_view(four, FV_INT64)};
  inputs[2].flags = FV_VIEW_WEAK;
  fv_program* program = nullptr;
  REQUIRE(fv_compile(nullptr, "a - b*k", 7, names, inputs, 3, &program, nullptr) == FV_OK);
  CHECK(fv_program_text(program) == std::string("a - b*k"));
  CHECK(fv_program_input_count(program) == 3);
  for (std::int32_t k = 0; k < 3; ++k) {
    const char* name = nullptr;
    fv_view view{};
    REQUIRE(fv_program_input(program, k, &name, &view, nullptr) == FV_OK);
    CHECK(name == std::string(names[k]));
    CHECK(view.dtype == inputs[k].dtype);
    CHECK(view.rank == 0);
    CHECK(view.flags == inputs[k].flags);
    CHECK(view.data == nullptr);
  }
  CHECK(fv_program_input(program, 1, nullptr, nullptr, nullptr) == FV_OK);
  for (const std::int32_t index : {-1, 3})
    CHECK(fv_program_input(program, index, nullptr, nullptr, nullptr) == FV_ERROR_INVALID_HANDLE);

  const auto run = [&](const std::vector<const char*>& given, std::vector<fv_view> views, double* value) {
    return failure_of([&](fv_error** error) {
      fv_results* results = nullptr;
      const fv_status status =
          fv_run_named(program, given.data(), views.data(), static_cast<std::int32_t>(given.size()), nullptr, 0,
                       nullptr, &results, error);
      if (status == FV_OK) *value = value_of(results);
      return status;
    });
  };
  double value = 0;
  CHECK(run({"k", "a", "b"}, {inputs[2], inputs[0], inputs[1]}, &value).status == FV_OK);
  CHECK(value == -10);
  CHECK(run({"k", "a"}, {inputs[2], inputs[0]}, &value).message == "input 'b' is not given");
  CHECK(run({"k", "a", "a"}, {inputs[2], inputs[0], inputs[0]}, &value).message == "input 'a' is given twice");
  CHECK(run({"k", "a", "c"}, {inputs[2], inputs[0], inputs[0]}, &value).message == "the program has no input 'c'");
  CHECK(run({"k", "a", nullptr}, {inputs[2], inputs[0], inputs[0]}, &value).status == FV_ERROR_INVALID_HANDLE);
  CHECK(run({"k", "b", "a"}, {inputs[2], inputs[0], inputs[1]}, &value).status == FV_ERROR_ARGUMENT);  // dtypes
  fv_program_release(program);
}

TEST_CASE("free names") {
  fv_names* names = nullptr;
  REQUIRE(fv_free_names(nullptr, "k*sin(pi*x) + y[k]", 18, &names, nullptr) == FV_OK);
  REQUIRE(fv_names_count(names) == 4);
  CHECK(fv_names_get(names, 0) == std::string("k"));
  CHECK(fv_names_get(names, 1) == std::string("pi"));
  CHECK(fv_names_get(names, 2) == std::string("x"));
  CHECK(fv_names_get(names, 3) == std::string("y"));
  CHECK(fv_names_get(names, 4) == nullptr);
  CHECK(fv_names_get(names, -1) == nullptr);
  CHECK(fv_names_kind(names, 0) == -1);
  CHECK(fv_names_kind(names, 1) == FV_WORD_CONSTANT);
  CHECK(fv_names_kind(names, 4) == -1);
  CHECK(fv_names_kind(nullptr, 0) == -1);
  fv_names_release(names);
  names = reinterpret_cast<fv_names*>(&names);
  CHECK(failure_of([&](fv_error** error) { return fv_free_names(nullptr, "k*", 2, &names, error); }).status ==
        FV_ERROR_SYNTAX);
  CHECK(names == nullptr);
  const auto free = fuseval::free_names("a.astype(int8) + np.sin(mean)");
  REQUIRE(free.size() == 4);
  CHECK(!free[0].meaning);
  CHECK(free[1].meaning == fuseval::WordKind::dtype);
  CHECK(free[2].meaning == fuseval::WordKind::module);
  CHECK(free[3].name == "mean");
  CHECK(!free[3].meaning);
}

TEST_CASE("views that leave the memory that they are said to lie in") {
  double memory[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  std::int64_t shape[2] = {2, 3}, strides[2] = {24, 8};
  double* data = memory;
  const auto status = [&](const fv_extent& extent, bool as_output) {
    double other[6] = {};
    std::int64_t other_shape[2] = {2, 3};
    const fv_view view{data, FV_FLOAT64, 2, shape, strides, FV_DEVICE_CPU, 0, 0};
    const fv_view plain{other, FV_FLOAT64, 2, other_shape, nullptr, FV_DEVICE_CPU, 0, 0};
    const fv_extent unknown{nullptr, 0};
    Call call;
    call.inputs = {as_output ? plain : view};
    call.outputs = {as_output ? view : plain};
    call.options.input_extents = as_output ? &unknown : &extent;
    call.options.output_extents = as_output ? &extent : &unknown;
    return call.failure();
  };
  for (const bool as_output : {false, true}) {
    CAPTURE(as_output);
    const fv_extent all{memory, sizeof memory};
    data = memory, strides[0] = 24, strides[1] = 8;
    CHECK(status(all, as_output).status == FV_OK);
    CHECK(status({memory, 48}, as_output).status == FV_OK);
    const Failure failure = status({memory, 47}, as_output);
    CHECK(failure.status == FV_ERROR_INVALID_HANDLE);
    CHECK(contains(failure.message, "reaches from byte 0 to byte 48 of its memory, which has 47 bytes"));
    CHECK(status({memory + 1, 72}, as_output).status == FV_ERROR_INVALID_HANDLE);
    strides[0] = 56;
    CHECK(status(all, as_output).status == FV_OK);
    strides[0] = 64;
    CHECK(status(all, as_output).status == FV_ERROR_INVALID_HANDLE);
    strides[0] = -24, strides[1] = -8;
    CHECK(status(all, as_output).status == FV_ERROR_INVALID_HANDLE);
    data = memory + 5;
    CHECK(status(all, as_output).status == FV_OK);
    data = memory + 4;
    CHECK(status(all, as_output).status == FV_ERROR_INVALID_HANDLE);
    shape[0] = 0;
    if (!as_output) CHECK(status({memory, 1}, false).status == FV_ERROR_SHAPE);  // empty: no output of (2, 3)
    shape[0] = 2;
    strides[0] = std::int64_t{1} << 62;
    CHECK(status(all, as_output).status == FV_ERROR_INVALID_HANDLE);
  }
  // The same in C++, where the view is made.
  std::vector<double> vector(10);
  CHECK(fuseval::view(vector.data(), {2, 3}, {24, 8}).within(vector).dtype() == fuseval::DType::float64);
  CHECK(error_of([&] {
          fuseval::view(vector.data(), {2, 3}, {64, 8}).within(vector);
        }).code() == FV_ERROR_INVALID_HANDLE);
  CHECK(error_of([&] { fuseval::view(vector.data(), {2}, {-8}).within(vector); }).code() == FV_ERROR_INVALID_HANDLE);
  CHECK(error_of([&] { fuseval::view(vector.data(), {11}).within(vector); }).code() == FV_ERROR_INVALID_HANDLE);
  for (const int64_t extent : {int64_t{-1}, INT64_MIN}) {
    CHECK(error_of([&] { fuseval::view(vector.data(), {extent}).within(vector); }).code() == FV_ERROR_INVALID_HANDLE);
    CHECK(error_of([&] { fuseval::view(vector.data(), {extent}, {8}).within(vector); }).code() ==
          FV_ERROR_INVALID_HANDLE);
  }
  fuseval::view(vector.data() + 9, {10}, {-8}).within(vector);
  fuseval::view(vector.data() + 90, {0}).within(vector);
}

TEST_CASE("limits of a session") {
  const auto outcome = [](auto&& set, const char* text, const fuseval::Bindings& bindings = {}) {
    fuseval::SessionOptions options;
    set(options);
    return error_of([&] { fuseval::Session(options).evaluate(text, bindings); }).code();
  };
  using Options = fuseval::SessionOptions;
  const std::vector<double> a(1000, 1.0);
  CHECK(outcome([](Options& o) { o.text_limit = 5; }, "1 + 1") == FV_OK);
  CHECK(outcome([](Options& o) { o.text_limit = 5; }, "1 + 11") == FV_ERROR_LIMIT);
  CHECK(outcome([](Options& o) { o.depth_limit = 3; }, "((1))") == FV_OK);
  CHECK(outcome([](Options& o) { o.depth_limit = 3; }, "((((1))))") == FV_ERROR_LIMIT);
  CHECK(outcome([](Options& o) { o.node_limit = 4; }, "1 + 2 + 3") == FV_ERROR_LIMIT);
  CHECK(outcome([](Options& o) { o.operand_limit = 1; }, "a", {{"a", a}, {"b", a}}) == FV_OK);
  CHECK(outcome([](Options& o) { o.operand_limit = 1; }, "a + b", {{"a", a}, {"b", a}}) == FV_ERROR_LIMIT);
  CHECK(outcome([](Options& o) { o.memory_limit = 8000; }, "a + 1", {{"a", a}}) == FV_OK);
  CHECK(outcome([](Options& o) { o.memory_limit = 7999; }, "a + 1", {{"a", a}}) == FV_ERROR_LIMIT);
  CHECK(outcome([](Options& o) { o.memory_limit = 8000; }, "a + 1, a + 2", {{"a", a}}) == FV_ERROR_LIMIT);
  CHECK(outcome([](Options& o) { o.memory_limit = 1 << 20; }, "zeros((10**6, 10**6))") == FV_ERROR_LIMIT);
  CHECK(outcome([](Options& o) { o.text_limit = -1; }, "1") == FV_ERROR_ARGUMENT);
  CHECK(outcome([](Options& o) { o.memory_limit = -1; }, "1") == FV_ERROR_ARGUMENT);
  CHECK(outcome([](Options& o) { o.depth_limit = INT64_MAX, o.node_limit = INT64_MAX, o.memory_limit = INT64_MAX; },
                "((1))") == FV_OK);
}

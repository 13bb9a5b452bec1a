// The C ABI from the side of a caller who gets everything wrong, and of one who relies on its finer promises.
#include <doctest/doctest.h>

#include <limits>

#include "support.hpp"

using namespace engine_test;

namespace {

/// A failure as the C ABI reports it, with its message.
struct Failure {
  fv_status status;
  std::string message;
};

template <class F>
Failure failure_of(F&& call) {
  fv_error* error = nullptr;
  const fv_status status = call(&error);
  Failure failure{status, fv_error_message(error)};
  CHECK((error != nullptr) == (status != FV_OK));
  if (error != nullptr) CHECK(fv_error_code(error) == status);
  fv_error_release(error);
  CHECK(call(nullptr) == status);  // without an error object the status is the same
  return failure;
}

struct Call {
  std::string text = "a + 1";
  std::vector<const char*> names = {"a"};
  std::vector<fv_view> inputs;
  std::vector<fv_view> outputs;
  fv_run_options options{sizeof(fv_run_options), 0, 0, nullptr, nullptr};

  fv_status evaluate(fv_error** error) const {
    fv_results* results = nullptr;
    const fv_status status =
        fv_evaluate(nullptr, text.data(), text.size(), names.data(), inputs.data(),
                    static_cast<std::int32_t>(inputs.size()), outputs.empty() ? nullptr : outputs.data(),
                    static_cast<std::int32_t>(outputs.size()), &options, &results, error);
    CHECK((results != nullptr) == (status == FV_OK));
    fv_results_release(results);
    return status;
  }
  Failure failure() const {
    return failure_of([&](fv_error** error) { return evaluate(error); });
  }
};

struct Doubles {
  double data[6] = {1, 2, 3, 4, 5, 6};
  std::int64_t shape[2] = {2, 3};
  fv_view view(std::int32_t rank = 2) { return {data, FV_FLOAT64, rank, shape, nullptr, FV_DEVICE_CPU, 0, 0}; }
};

}  // namespace

TEST_CASE("a well-formed call") {
  Doubles a;
  Call call;
  call.inputs = {a.view()};
  CHECK(call.failure().status == FV_OK);
}

TEST_CASE("structures that do not say their size, or an impossible one") {
  Doubles a;
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, std::size_t{1} << 40}) {
    CAPTURE(size);
    Call call;
    call.inputs = {a.view()};
    call.options.struct_size = size;
    CHECK(call.failure().status == FV_ERROR_INVALID_HANDLE);
    fv_session_options options{size, 1, 0, 0, 0};
    const Failure failure = failure_of([&](fv_error** error) {
      fv_session* session = reinterpret_cast<fv_session*>(&options);
      const fv_status status = fv_session_create(&options, &session, error);
      CHECK(session == nullptr);
      return status;
    });
    CHECK(failure.status == FV_ERROR_INVALID_HANDLE);
    CHECK(contains(failure.message, "struct_size"));
  }
  fv_counters counters{};
  CHECK(failure_of([&](fv_error** error) { return fv_session_counters(nullptr, &counters, error); }).status ==
        FV_ERROR_INVALID_HANDLE);
}

TEST_CASE("an older and a newer caller's structures") {
  Doubles a;
  Call call;
  call.inputs = {a.view()};
  call.options.struct_size = offsetof(fv_run_options, casting);  // knows threads only
  call.options.casting = 99;                                     // is not its
  CHECK(call.failure().status == FV_OK);
  struct {
    fv_run_options known{sizeof known + 16, 0, 0, nullptr, nullptr};
    char unknown[16] = {};
  } newer;
  const char* name = "a";
  fv_results* results = nullptr;
  CHECK(fv_evaluate(nullptr, "a", 1, &name, call.inputs.data(), 1, nullptr, 0, &newer.known, &results, nullptr) ==
        FV_OK);
  fv_results_release(results);
  fv_counters counters{};
  counters.struct_size = offsetof(fv_counters, tasks);
  counters.tasks = -5;
  CHECK(fv_session_counters(nullptr, &counters, nullptr) == FV_OK);
  CHECK(counters.launches > 0);
  CHECK(counters.tasks == -5);
}

TEST_CASE("null pointers everywhere") {
  Doubles a;
  const fv_view view = a.view();
  const char* name = "a";
  const char* no_name = nullptr;
  fv_results* results = nullptr;
  fv_program* program = nullptr;
  char* string = nullptr;
  using Status = fv_status;
  const auto refused = [](auto&& call) { return failure_of(call).status == FV_ERROR_INVALID_HANDLE; };
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_evaluate(nullptr, nullptr, 3, &name, &view, 1, nullptr, 0, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_evaluate(nullptr, "a", 1, nullptr, &view, 1, nullptr, 0, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_evaluate(nullptr, "a", 1, &no_name, &view, 1, nullptr, 0, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_evaluate(nullptr, "a", 1, &name, nullptr, 1, nullptr, 0, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_evaluate(nullptr, "a", 1, &name, &view, 1, nullptr, 1, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_evaluate(nullptr, "a", 1, &name, &view, -1, nullptr, 0, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_evaluate(nullptr, "a", 1, &name, &view, 1, nullptr, -1, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_compile(nullptr, nullptr, 0, &name, &view, 1, &program, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_compile(nullptr, "a", 1, &name, &view, 1, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_compile(nullptr, "a", 1, &name, &view, -1, &program, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_run(nullptr, &view, 1, nullptr, 0, nullptr, &results, e); }));
  CHECK(refused(
      [&](fv_error** e) -> Status { return fv_explain(nullptr, "a", 1, &name, &view, 1, nullptr, &string, e); }));
  CHECK(
      refused([&](fv_error** e) -> Status { return fv_explain(nullptr, "a", 1, &name, &view, 1, "ast", nullptr, e); }));
  CHECK(refused(
      [&](fv_error** e) -> Status { return fv_explain(nullptr, "a", 1, &name, nullptr, 1, "graph", &string, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_session_create(nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_session_counters(nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_info(nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_results_view(nullptr, 0, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_npy_open(nullptr, 0, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_npy_view(nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_npy_write(nullptr, &view, e); }));
  CHECK(results == nullptr);
  CHECK(string == nullptr);
  fv_error_release(nullptr);
  fv_session_release(nullptr);
  fv_program_release(nullptr);
  fv_results_release(nullptr);
  fv_string_release(nullptr);
  fv_npy_release(nullptr);
  CHECK(fv_results_count(nullptr) == 0);
  CHECK(fv_results_is_tuple(nullptr) == 0);
  CHECK(fv_error_code(nullptr) == FV_OK);
  CHECK(fv_error_message(nullptr) == std::string());
  CHECK(fv_error_caret(nullptr) == std::string());
}

TEST_CASE("views that are no views") {
  Doubles a;
  const auto refusal = [&](auto&& spoil) {
    Call call;
    call.inputs = {a.view()};
    spoil(call.inputs[0]);
    return call.failure();
  };
  CHECK(refusal([](fv_view& v) { v.dtype = 99; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.dtype = -1; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.rank = -1; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.rank = 65; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.device_type = 7; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.shape = nullptr; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.data = nullptr; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.flags = FV_VIEW_WEAK; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.flags = FV_VIEW_WEAK, v.rank = 0, v.dtype = FV_FLOAT32; }).status ==
        FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.flags = FV_VIEW_WEAK, v.rank = 0, v.data = nullptr; }).status ==
        FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.dtype = FV_COMPLEX128; }).status == FV_ERROR_UNSUPPORTED);
  CHECK(refusal([](fv_view& v) { v.dtype = FV_FLOAT16; }).status == FV_ERROR_UNSUPPORTED);
  static std::int64_t negative[2] = {2, -3};
  CHECK(contains(refusal([](fv_view& v) { v.shape = negative; }).message, "-3"));
  // More elements than any memory holds: the description itself is refused, not multiplied until it wraps to 0.
  static std::int64_t huge[2] = {std::int64_t{1} << 32, std::int64_t{1} << 32};
  CHECK(refusal([](fv_view& v) { v.shape = huge; }).status != FV_OK);
  static std::int64_t far[2] = {std::numeric_limits<std::int64_t>::max(), 8};
  static std::int64_t back[2] = {8, std::numeric_limits<std::int64_t>::min() / 4};
  CHECK(refusal([](fv_view& v) { v.byte_strides = far; }).status == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.byte_strides = back; }).status == FV_ERROR_INVALID_HANDLE);
  static std::int64_t empty[2] = {0, 3};
  CHECK(refusal([](fv_view& v) { v.shape = empty, v.data = nullptr; }).status == FV_OK);
}

TEST_CASE("outputs that are no views") {
  Doubles a, out;
  const auto refusal = [&](auto&& spoil) {
    Call call;
    call.inputs = {a.view()};
    call.outputs = {out.view()};
    spoil(call.outputs[0]);
    return call.failure().status;
  };
  CHECK(refusal([](fv_view& v) { v.dtype = 99; }) == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.rank = 70; }) == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.shape = nullptr; }) == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.device_type = 2; }) == FV_ERROR_INVALID_HANDLE);
  CHECK(refusal([](fv_view& v) { v.dtype = FV_COMPLEX64; }) == FV_ERROR_UNSUPPORTED);
  CHECK(refusal([](fv_view& v) { v.flags = FV_VIEW_READONLY; }) == FV_ERROR_ARGUMENT);
  CHECK(refusal([](fv_view& v) { v.flags = FV_VIEW_WEAK; }) != FV_OK);
  CHECK(out.data[0] == 1);
  CHECK(refusal([](fv_view& v) { v.data = nullptr, v.dtype = -1; }) == FV_OK);
  CHECK(refusal([](fv_view& v) { v.data = nullptr, v.dtype = FV_FLOAT32; }) == FV_OK);
  CHECK(refusal([](fv_view& v) { v.data = nullptr, v.dtype = FV_INT32; }) == FV_ERROR_CASTING);
  CHECK(refusal([](fv_view& v) { v.data = nullptr, v.dtype = 77; }) == FV_ERROR_INVALID_HANDLE);
  CHECK(out.data[0] == 1);
  CHECK(refusal([](fv_view&) {}) == FV_OK);
  CHECK(out.data[0] == 2);
}

TEST_CASE("names") {
  Doubles a;
  Call call;
  call.text = "a";
  call.inputs = {a.view(), a.view()};
  call.names = {"a", "a"};
  CHECK(call.failure().status == FV_ERROR_ARGUMENT);
  CHECK(contains(call.failure().message, "'a' is bound twice"));
  call.names = {"a", ""};
  CHECK(call.failure().status == FV_ERROR_INVALID_HANDLE);
  call.names = {"a", "unused"};
  CHECK(call.failure().status == FV_OK);
  call.names = {"a", "sin"};  // a function's, though unused
  CHECK(call.failure().status == FV_ERROR_ARGUMENT);
  call.text = "e + a";
  call.names = {"e", "a"};  // shadows the constant
  CHECK(call.failure().status == FV_OK);
}

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

TEST_CASE("an error says what, where and how it looks") {
  const std::string text = "1 +\n  ä + missing*2";
  Doubles a;
  const fv_view view = a.view();
  const char* name = "ä";
  fv_error* error = nullptr;
  fv_results* results = nullptr;
  const std::string bracketed = "(" + text + ")";
  CHECK(fv_evaluate(nullptr, bracketed.data(), bracketed.size(), &name, &view, 1, nullptr, 0, nullptr, &results,
                    &error) == FV_ERROR_UNKNOWN_NAME);
  REQUIRE(error != nullptr);
  std::uint32_t begin = 0, end = 0;
  fv_error_span(error, &begin, &end);
  CHECK(bracketed.substr(begin, end - begin) == "missing");
  CHECK(fv_error_line(error) == 2);
  CHECK(fv_error_column(error) == 7);
  CHECK(contains(fv_error_message(error), "missing"));
  const std::string caret = fv_error_caret(error);
  CHECK(contains(caret, "  ä + missing*2)\n"));
  CHECK(contains(caret, "\n      ^~~~~~~"));
  fv_error_span(error, nullptr, nullptr);
  fv_error_release(error);
}

TEST_CASE("accessors out of range") {
  const auto result = fuseval::evaluate("1.5, 2");
  CHECK(result.is_tuple());
  fv_results* results = nullptr;
  REQUIRE(fv_evaluate(nullptr, "1.5, 2", 6, nullptr, nullptr, 0, nullptr, 0, nullptr, &results, nullptr) == FV_OK);
  CHECK(fv_results_count(results) == 2);
  CHECK(fv_results_is_tuple(results) == 1);
  for (const std::int32_t index : {-1, 2, std::numeric_limits<std::int32_t>::max()}) {
    fv_view view{};
    CHECK(failure_of([&](fv_error** error) { return fv_results_view(results, index, &view, error); }).status ==
          FV_ERROR_INVALID_HANDLE);
    CHECK(view.data == nullptr);
  }
  fv_view view{};
  CHECK(fv_results_view(results, 1, &view, nullptr) == FV_OK);
  CHECK(view.dtype == FV_INT64);
  CHECK(view.rank == 0);
  CHECK(*static_cast<std::int64_t*>(view.data) == 2);
  fv_results_release(results);
  CHECK(fuseval::evaluate("1.5,").is_tuple());
  CHECK_FALSE(fuseval::evaluate("1.5").is_tuple());
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

TEST_CASE("options of a run") {
  Doubles a;
  Call call;
  call.inputs = {a.view()};
  const auto status = [&](std::int32_t threads, std::int32_t casting, const char* device) {
    call.options.threads = threads;
    call.options.casting = casting;
    call.options.device = device;
    return call.failure().status;
  };
  CHECK(status(1, 0, "cpu") == FV_OK);
  CHECK(status(1000, 3, "auto") == FV_OK);
  CHECK(status(-1, 0, nullptr) == FV_ERROR_ARGUMENT);
  CHECK(status(0, 4, nullptr) == FV_ERROR_ARGUMENT);
  CHECK(status(0, -1, nullptr) == FV_ERROR_ARGUMENT);
  CHECK(status(0, 0, "quantum") == FV_ERROR_UNSUPPORTED);
  CHECK(contains(call.failure().message, "quantum"));
  const fuseval::Session session = session_of(4);
  const std::vector<double> big(1000000, 1);
  for (int k = 0; k < 5; ++k) session.evaluate("a + 1", {{"a", big}}, with_threads(1));
  CHECK(session.counters().threads_used == 1);
}

TEST_CASE("the dtype of owned results") {
  Doubles a;
  const fv_view view = a.view();
  const char* name = "a";
  const auto dtype_of = [&](const char* result_dtype, std::int32_t casting) {
    const fv_run_options options{sizeof options, 0, casting, nullptr, result_dtype};
    fv_results* results = nullptr;
    fv_view result{};
    if (fv_evaluate(nullptr, "a, a > 2", 8, &name, &view, 1, nullptr, 0, &options, &results, nullptr) == FV_OK)
      fv_results_view(results, 0, &result, nullptr);
    fv_results_release(results);
    return result.data == nullptr ? -1 : result.dtype;
  };
  CHECK(dtype_of(nullptr, 0) == FV_FLOAT64);
  CHECK(dtype_of("float32", 0) == FV_FLOAT32);
  CHECK(dtype_of("float32", 2) == -1);
  CHECK(dtype_of("int16", 0) == -1);
  CHECK(dtype_of("int16", 1) == FV_INT16);
  CHECK(dtype_of("float31", 1) == -1);
  CHECK(dtype_of("complex128", 1) == -1);
  CHECK(dtype_of(nullptr, 3) == FV_FLOAT64);
}

TEST_CASE("options of a session") {
  const auto status = [](std::int32_t threads, std::int32_t bits, std::int64_t programs, std::int64_t kernels) {
    const fv_session_options options{sizeof options, threads, bits, programs, kernels};
    return failure_of([&](fv_error** error) {
             fv_session* session = nullptr;
             const fv_status made = fv_session_create(&options, &session, error);
             fv_session_release(session);
             return made;
           })
        .status;
  };
  CHECK(status(0, 0, 0, 0) == FV_OK);
  CHECK(status(2, 256, 1, 1) == FV_OK);
  CHECK(status(-1, 0, 0, 0) == FV_ERROR_ARGUMENT);
  CHECK(status(0, 128, 0, 0) == FV_ERROR_ARGUMENT);
  CHECK(status(0, 0, -1, 0) != FV_OK);
  CHECK(status(0, 0, 0, -1) != FV_OK);
}

TEST_CASE("every stage of explain says something") {
  const std::vector<double> a(10, 1);
  for (const char* stage : {"ast", "graph", "loops", "plan", "llvm", "asm"}) {
    CAPTURE(std::string(stage));
    CHECK(fuseval::explain("sum(a*2) + a", {{"a", a}}, stage).size() > 20);
  }
  CHECK(contains(fuseval::explain("sin(a)", {{"a", a}}, "graph"), "sin"));
  CHECK(error_of([&] { fuseval::explain("a", {{"a", a}}, "bogus"); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([&] { fuseval::explain("a +", {{"a", a}}, "ast"); }).code() == FV_ERROR_SYNTAX);
  // A description without shape cannot be explained beyond its syntax, and is not read from.
  const fv_view described{nullptr, FV_FLOAT64, 1, nullptr, nullptr, FV_DEVICE_CPU, 0, 0};
  const char* name = "a";
  char* text = nullptr;
  CHECK(fv_explain(nullptr, "a", 1, &name, &described, 1, "graph", &text, nullptr) != FV_OK);
  CHECK(fv_explain(nullptr, "a", 1, &name, &described, 1, "ast", &text, nullptr) == FV_OK);
  fv_string_release(text);
}

TEST_CASE("versions, dtypes and information") {
  const std::string version = std::to_string(FV_VERSION_MAJOR) + "." + std::to_string(FV_VERSION_MINOR) + "." +
                              std::to_string(FV_VERSION_PATCH);
  CHECK(fv_version() == version);
  const std::string info = fuseval::info();
  for (const char* key : {"fuseval: ", "target: ", "threads: ", "device cpu: "}) {
    CAPTURE(key);
    CHECK(contains("\n" + info, "\n" + std::string(key)));
  }
  CHECK(contains(info, version));
  for (std::int32_t dtype = 0; dtype < 14; ++dtype) {
    REQUIRE(fv_dtype_name(dtype) != nullptr);
    CHECK(fv_dtype_from_name(fv_dtype_name(dtype)) == dtype);
    CHECK(fv_dtype_size(dtype) > 0);
  }
  CHECK(fv_dtype_name(14) == nullptr);
  CHECK(fv_dtype_name(-1) == nullptr);
  CHECK(fv_dtype_size(14) == 0);
  CHECK(fv_dtype_from_name("float63") == -1);
  CHECK(fv_dtype_from_name(nullptr) == -1);
  CHECK(fv_dtype_size(FV_COMPLEX128) == 16);
}

// The C ABI's options and the structs that carry them.
#include <cstddef>

#include "c_abi_support.hpp"

using namespace engine_test;

TEST_CASE("structures that do not say their size, or an impossible one") {
  Doubles a;
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, std::size_t{1} << 40}) {
    CAPTURE(size);
    Call call;
    call.inputs = {a.view()};
    call.options.struct_size = size;
    CHECK(call.failure().status == FV_ERROR_INVALID_HANDLE);
    auto options = sized<fv_session_options>();
    options.struct_size = size;
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
    fv_run_options known = sized<fv_run_options>();
    char unknown[16] = {};
  } newer;
  newer.known.struct_size = sizeof newer;
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
    auto options = sized<fv_run_options>();
    options.casting = casting;
    options.result_dtype = result_dtype;
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
    auto options = sized<fv_session_options>();
    options.threads = threads;
    options.vector_bits = bits;
    options.program_limit = programs;
    options.kernel_limit = kernels;
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

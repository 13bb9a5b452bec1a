// The C ABI from the side of a caller who hands over nothing, or asks for what is not there.
#include <limits>

#include "c_abi_support.hpp"

using namespace engine_test;

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
  CHECK(refused([&](fv_error** e) -> Status {
    return fv_run_named(nullptr, &name, &view, 1, nullptr, 0, nullptr, &results, e);
  }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_program_input(nullptr, 0, nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_free_names(nullptr, "a", 1, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_lint(nullptr, "a", 1, nullptr, nullptr, 0, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_hints_get(nullptr, 0, nullptr, e); }));
  fv_tokens* tokens = nullptr;
  CHECK(refused([&](fv_error** e) -> Status { return fv_tokenize("a", 1, nullptr, 0, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_tokenize(nullptr, 1, nullptr, 0, &tokens, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_tokenize("a", 1, nullptr, 1, &tokens, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_tokenize("a", 1, &no_name, 1, &tokens, e); }));
  CHECK(tokens == nullptr);
  CHECK(refused([&](fv_error** e) -> Status { return fv_words(FV_WORD_FUNCTION, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_help(nullptr, &string, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_help("sum", nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_cancel_create(nullptr, e); }));
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
  fv_data* data = nullptr;
  fv_data_options nowhere{};
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_open(nullptr, nullptr, &data, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_open("a.npy", nullptr, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_open("a.npy", &nowhere, &data, e); }));  // struct_size
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_view(nullptr, 0, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_write(nullptr, &name, &view, 1, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_write("a.csv", &no_name, &view, 1, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_write("a.csv", &name, nullptr, 1, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_write("a.csv", &name, &view, -1, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_data_format(nullptr, 0, nullptr, e); }));
  CHECK(refused([&](fv_error** e) -> Status { return fv_file_check_kind(nullptr, e); }));
  CHECK((fv_data_count(nullptr) == 0 && fv_data_name(nullptr, 0) == nullptr));
  fv_data_release(nullptr);
  fv_names_release(nullptr);
  fv_hints_release(nullptr);
  CHECK(fv_hints_count(nullptr) == 0);
  fv_tokens_release(nullptr);
  CHECK((fv_tokens_count(nullptr) == 0 && fv_tokens_data(nullptr) == nullptr));
  fv_cancel_release(nullptr);
  fv_cancel_set(nullptr);
  fv_cancel_clear(nullptr);
  CHECK(fv_cancel_is_set(nullptr) == 0);
  CHECK(fv_names_count(nullptr) == 0);
  CHECK(fv_names_get(nullptr, 0) == nullptr);
  CHECK(fv_program_text(nullptr) == nullptr);
  CHECK(fv_program_input_count(nullptr) == 0);
  CHECK(fv_results_count(nullptr) == 0);
  CHECK(fv_results_is_tuple(nullptr) == 0);
  CHECK(fv_error_code(nullptr) == FV_OK);
  CHECK(fv_error_message(nullptr) == std::string());
  CHECK(fv_error_caret(nullptr) == std::string());
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

// What the tests of the C ABI share: calls that fail, with all that the C ABI says of it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support.hpp"

namespace engine_test {

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

/// A struct of the C ABI with its size set and all else 0.
template <class Options>
Options sized() {
  Options options{};
  options.struct_size = sizeof options;
  return options;
}

struct Call {
  std::string text = "a + 1";
  std::vector<const char*> names = {"a"};
  std::vector<fv_view> inputs;
  std::vector<fv_view> outputs;
  fv_run_options options = sized<fv_run_options>();

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

}  // namespace engine_test

// The C ABI's views and names: well-formed ones, and all kinds that are not.
#include <limits>

#include "c_abi_support.hpp"

using namespace engine_test;

TEST_CASE("a well-formed call") {
  Doubles a;
  Call call;
  call.inputs = {a.view()};
  CHECK(call.failure().status == FV_OK);
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
  CHECK(refusal([](fv_view& v) { v.device_type = 9; }) == FV_ERROR_INVALID_HANDLE);
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
  call.names = {"a", "sin"};  // shadows the function
  CHECK(call.failure().status == FV_OK);
  call.text = "e + a";
  call.names = {"e", "a"};  // shadows the constant
  CHECK(call.failure().status == FV_OK);
}

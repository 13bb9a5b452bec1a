// NumPy's promotion and casting rules, case by case (the whole table is met by the oracle's random programs).
#include "ir/dtype.hpp"

#include <doctest/doctest.h>

using namespace fuseval;

TEST_CASE("promotion of strong dtypes follows numpy.promote_types") {
  struct Case {
    DType a, b, result;
  };
  const Case cases[] = {
      {DType::bool_, DType::int8, DType::int8},
      {DType::int8, DType::uint8, DType::int16},
      {DType::int16, DType::uint16, DType::int32},
      {DType::int32, DType::uint32, DType::int64},
      {DType::int64, DType::uint64, DType::float64},
      {DType::int64, DType::uint32, DType::int64},
      {DType::int8, DType::float32, DType::float32},
      {DType::int16, DType::float32, DType::float32},
      {DType::int32, DType::float32, DType::float64},
      {DType::uint16, DType::float16, DType::float32},
      {DType::int8, DType::float16, DType::float16},
      {DType::float32, DType::float64, DType::float64},
      {DType::int64, DType::complex64, DType::complex128},
      {DType::float32, DType::complex64, DType::complex64},
      {DType::float64, DType::complex64, DType::complex128},
  };
  for (const Case& c : cases) {
    CHECK(promote_types(c.a, c.b) == c.result);
    CHECK(promote_types(c.b, c.a) == c.result);
  }
}

TEST_CASE("weak scalars keep the array's dtype within its kind") {
  CHECK(promote_weak(DType::float32, Kind::floating) == DType::float32);
  CHECK(promote_weak(DType::int8, Kind::signed_integer) == DType::int8);
  CHECK(promote_weak(DType::int8, Kind::floating) == DType::float64);
  CHECK(promote_weak(DType::bool_, Kind::signed_integer) == DType::int64);
  CHECK(promote_weak(DType::float32, Kind::complex) == DType::complex64);
}

TEST_CASE("same_kind casts stay within a kind or go up") {
  CHECK(can_cast(DType::float64, DType::float32, Casting::same_kind));
  CHECK(can_cast(DType::uint64, DType::int8, Casting::same_kind));
  CHECK_FALSE(can_cast(DType::int8, DType::uint64, Casting::same_kind));
  CHECK_FALSE(can_cast(DType::float32, DType::int64, Casting::same_kind));
  CHECK_FALSE(can_cast(DType::int8, DType::bool_, Casting::same_kind));
  CHECK(can_cast(DType::int64, DType::float32, Casting::same_kind));
  CHECK_FALSE(can_cast(DType::int64, DType::float32, Casting::safe));
  CHECK(can_cast(DType::int64, DType::float64, Casting::safe));
  CHECK(can_cast(DType::float64, DType::bool_, Casting::unsafe));
}

TEST_CASE("names go both ways") {
  for (int k = 0; k < dtype_count; ++k) CHECK(dtype_from_name(name_of(static_cast<DType>(k))) == static_cast<DType>(k));
  CHECK(dtype_from_name("bool_") == DType::bool_);
  CHECK_FALSE(dtype_from_name("float65").has_value());
}

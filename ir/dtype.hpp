// dtypes: the element types of arrays, under NumPy's names, and how they promote (NEP 50).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fuseval {

/// Values are part of the C ABI (fv_dtype): append only.
enum class DType : uint8_t {
  bool_ = 0,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float16,
  float32,
  float64,
  complex64,
  complex128,
};
inline constexpr int dtype_count = 14;

/// The dtypes that this version computes with, in DType order; float16 and complex have their rows in every table
/// already.
inline constexpr std::array computed_dtypes = {DType::bool_,  DType::int8,    DType::int16,  DType::int32,
                                               DType::int64,  DType::uint8,   DType::uint16, DType::uint32,
                                               DType::uint64, DType::float32, DType::float64};

enum class Kind : uint8_t { boolean, signed_integer, unsigned_integer, floating, complex };

Kind kind_of(DType dtype);
/// Bytes an element takes in memory.
int size_of(DType dtype);
/// NumPy's name: "bool", "int8", … "complex128".
std::string_view name_of(DType dtype);
/// Also accepts "bool_". Empty when there is no such dtype.
std::optional<DType> dtype_from_name(std::string_view name);
bool is_computed(DType dtype);

inline bool is_bool(DType dtype) { return dtype == DType::bool_; }
inline bool is_float(DType dtype) { return kind_of(dtype) == Kind::floating; }
inline bool is_complex(DType dtype) { return kind_of(dtype) == Kind::complex; }
inline bool is_signed(DType dtype) { return kind_of(dtype) == Kind::signed_integer; }
inline bool is_unsigned(DType dtype) { return kind_of(dtype) == Kind::unsigned_integer; }
inline bool is_integer(DType dtype) { return is_signed(dtype) || is_unsigned(dtype); }

/// numpy.promote_types for two strong dtypes.
DType promote_types(DType a, DType b);
/// NEP 50: a strong dtype meeting a Python bool, int or float (given as that Python type's Kind).
DType promote_weak(DType strong, Kind weak);

enum class Casting : uint8_t { no, equiv, safe, same_kind, unsafe };
/// numpy.can_cast between dtypes.
bool can_cast(DType from, DType to, Casting casting);
std::string_view name_of(Casting casting);

}  // namespace fuseval

#include "ir/dtype.hpp"

#include <algorithm>

namespace fuseval {
namespace {

struct DTypeRow {
  std::string_view name;
  Kind kind;
  int size;
};

constexpr std::array<DTypeRow, dtype_count> rows = {{
    {"bool", Kind::boolean, 1},
    {"int8", Kind::signed_integer, 1},
    {"int16", Kind::signed_integer, 2},
    {"int32", Kind::signed_integer, 4},
    {"int64", Kind::signed_integer, 8},
    {"uint8", Kind::unsigned_integer, 1},
    {"uint16", Kind::unsigned_integer, 2},
    {"uint32", Kind::unsigned_integer, 4},
    {"uint64", Kind::unsigned_integer, 8},
    {"float16", Kind::floating, 2},
    {"float32", Kind::floating, 4},
    {"float64", Kind::floating, 8},
    {"complex64", Kind::complex, 8},
    {"complex128", Kind::complex, 16},
}};

const DTypeRow& row(DType dtype) { return rows[static_cast<size_t>(dtype)]; }

DType signed_of_size(int size) {
  return size == 1 ? DType::int8 : size == 2 ? DType::int16 : size == 4 ? DType::int32 : DType::int64;
}

// The smallest float that holds every integer of `size` bytes, or float64 where none does (NumPy's table).
DType float_for_integer_size(int size) {
  return size == 1 ? DType::float16 : size == 2 ? DType::float32 : DType::float64;
}

DType complex_of(DType floating) { return floating == DType::float64 ? DType::complex128 : DType::complex64; }

DType promote_integers(DType a, DType b) {
  if (is_signed(a) == is_signed(b)) return size_of(a) >= size_of(b) ? a : b;
  const DType s = is_signed(a) ? a : b, u = is_signed(a) ? b : a;
  if (size_of(s) > size_of(u)) return s;
  return size_of(u) == 8 ? DType::float64 : signed_of_size(2 * size_of(u));
}

DType real_part(DType dtype) {
  return dtype == DType::complex128 ? DType::float64 : dtype == DType::complex64 ? DType::float32 : dtype;
}

// `a` is of the higher kind and is floating or complex.
DType promote_inexact(DType a, DType b) {
  if (is_complex(a)) return complex_of(promote_types(real_part(a), real_part(b)));
  if (is_integer(b)) b = float_for_integer_size(size_of(b));
  if (is_bool(b)) return a;
  return size_of(a) >= size_of(b) ? a : b;
}

// NumPy's order of kinds for same_kind casts: an unsigned integer may become signed, not the other way round.
int kind_rank(DType dtype) {
  switch (kind_of(dtype)) {
    case Kind::boolean:
      return 0;
    case Kind::unsigned_integer:
      return 1;
    case Kind::signed_integer:
      return 2;
    case Kind::floating:
      return 3;
    case Kind::complex:
      return 4;
  }
  return 4;
}

}  // namespace

Kind kind_of(DType dtype) { return row(dtype).kind; }
int size_of(DType dtype) { return row(dtype).size; }
std::string_view name_of(DType dtype) { return row(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  if (name == "bool_") return DType::bool_;
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

bool is_computed(DType dtype) {
  return std::find(computed_dtypes.begin(), computed_dtypes.end(), dtype) != computed_dtypes.end();
}

DType promote_types(DType a, DType b) {
  if (a == b || is_bool(b)) return a;
  if (is_bool(a)) return b;
  if (is_integer(a) && is_integer(b)) return promote_integers(a, b);
  return kind_of(a) >= kind_of(b) ? promote_inexact(a, b) : promote_inexact(b, a);
}

DType promote_weak(DType strong, Kind weak) {
  switch (weak) {
    case Kind::boolean:
      return strong;
    case Kind::signed_integer:
    case Kind::unsigned_integer:
      return is_bool(strong) ? DType::int64 : strong;
    case Kind::floating:
      return is_float(strong) || is_complex(strong) ? strong : DType::float64;
    case Kind::complex:
      if (is_complex(strong)) return strong;
      return is_float(strong) ? complex_of(strong) : DType::complex128;
  }
  return strong;
}

bool can_cast(DType from, DType to, Casting casting) {
  if (from == to || casting == Casting::unsafe) return true;
  if (casting == Casting::no || casting == Casting::equiv) return false;
  if (promote_types(from, to) == to) return true;
  if (casting == Casting::safe) return false;
  return kind_rank(from) <= kind_rank(to);  // same_kind
}

std::string_view name_of(Casting casting) {
  constexpr std::array<std::string_view, 5> names = {"no", "equiv", "safe", "same_kind", "unsafe"};
  return names[static_cast<size_t>(casting)];
}

}  // namespace fuseval

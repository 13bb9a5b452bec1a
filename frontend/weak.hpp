// Weak scalars: Python's bool, int and float as they stand in a text, computed with under Python's own rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "frontend/ast.hpp"
#include "frontend/integer.hpp"
#include "ir/dtype.hpp"

namespace fuseval::frontend {

struct WeakScalar {
  Kind kind = Kind::signed_integer;  ///< boolean, signed_integer or floating
  Integer integer;                   ///< boolean and signed_integer
  double real = 0;                   ///< floating

  bool is_float() const { return kind == Kind::floating; }
  bool is_bool() const { return kind == Kind::boolean; }
};

/// How a Python number becomes an element of an integer dtype: as Python's int() of it, and refused when that does not
/// fit; or for where and select, whose ints become int64 or uint64 first, wrapped.
enum class WeakRule : uint8_t { checked, wrapping };

WeakScalar weak_bool(bool value);
WeakScalar weak_integer(Integer value);
WeakScalar weak_float(double value);
/// A weak input's value, from the bits of its dtype (bool_, int64 or float64).
WeakScalar weak_from_bits(DType dtype, uint64_t bits);

/// bool_, int64 or float64: what a weak scalar becomes when nothing strong is near.
DType default_dtype(Kind kind);
bool truth(const WeakScalar& value);
/// Python's float(value). Throws Error(value) where an int is beyond float64's range.
double as_double(const WeakScalar& value);
/// Whether `value` as a double is the same number.
bool is_exact_double(const WeakScalar& value);
/// Python's int(value): a float loses its fraction. Throws Error(value) for a NaN or an infinity.
Integer as_integer(const WeakScalar& value);
/// The range of an integer dtype or bool.
Integer smallest_of(DType dtype);
Integer largest_of(DType dtype);
/// Whether an int or bool is one of `dtype`'s values (integers and bool only).
bool fits(const WeakScalar& value, DType dtype);
/// `value` converted for an element of `dtype`: a float for a float dtype, otherwise an int that fits or, by `rule`,
/// wraps. Throws Error(value).
WeakScalar as_element(const WeakScalar& value, DType dtype, WeakRule rule);
/// The same kind and value; the sign of a zero and the bits of a NaN count.
bool is_same(const WeakScalar& a, const WeakScalar& b);
/// All digits; a float by its bits.
std::string text_of(const WeakScalar& value);
/// "bool", "int" or "float".
std::string_view python_type(Kind kind);

/// Digits as written: decimal, 0x, 0o, 0b, underscores. Throws Error(limit) as Integer does.
WeakScalar parse_integer(std::string_view text);

/// Python's operators. Throw Error(value) (division by zero, a float's overflow, a negative shift), Error(limit) or
/// Error(dtype).
WeakScalar fold_unary(Operator op, const WeakScalar& a);
WeakScalar fold_binary(Operator op, const WeakScalar& a, const WeakScalar& b);
bool fold_compare(Operator op, const WeakScalar& a, const WeakScalar& b);

/// The constant's bits in `dtype`, zero-extended. Integers wrap, floats round once from double.
uint64_t constant_bits(const WeakScalar& value, DType dtype);

}  // namespace fuseval::frontend

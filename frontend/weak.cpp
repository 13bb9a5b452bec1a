#include "frontend/weak.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace fuseval::frontend {
namespace {

[[noreturn]] void no_operator(Operator op, const WeakScalar& a, const WeakScalar& b) {
  throw Error(ErrorCode::dtype, fmt::format("unsupported operand types for {}: '{}' and '{}'", spelling_of(op),
                                            python_type(a.kind), python_type(b.kind)));
}

// CPython's float_divmod: fmod is exact, and the quotient is snapped to the integer that the exact remainder implies.
double float_remainder(double a, double b) {
  const double m = std::fmod(a, b);
  if (m == 0) return std::copysign(0.0, b);
  return (m < 0) != (b < 0) ? m + b : m;
}

double float_floor_divide(double a, double b) {
  const double m = std::fmod(a, b);
  double quotient = (a - m) / b;
  if (m != 0 && (m < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}

double float_power(double a, double b) {
  if (a == 0 && b < 0) throw Error(ErrorCode::value, "zero cannot be raised to a negative power");
  if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b))
    throw Error(ErrorCode::unsupported,
                "a negative number to a fractional power is complex, which this version does not compute");
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b))
    throw Error(ErrorCode::value, "the power is too large for a float");
  return result;
}

void check_divisor(Operator op, bool is_zero) {
  const bool divides = op == Operator::divide || op == Operator::floor_divide || op == Operator::remainder;
  if (divides && is_zero) throw Error(ErrorCode::value, "division by zero");
}

WeakScalar fold_floats(Operator op, const WeakScalar& left, const WeakScalar& right) {
  const double a = as_double(left), b = as_double(right);
  check_divisor(op, b == 0);
  switch (op) {
    case Operator::add:
      return weak_float(a + b);
    case Operator::subtract:
      return weak_float(a - b);
    case Operator::multiply:
      return weak_float(a * b);
    case Operator::divide:
      return weak_float(a / b);
    case Operator::floor_divide:
      return weak_float(float_floor_divide(a, b));
    case Operator::remainder:
      return weak_float(float_remainder(a, b));
    case Operator::power:
      return weak_float(float_power(a, b));
    case Operator::positive:
    case Operator::negative:
    case Operator::invert:
    case Operator::matmul:
    case Operator::left_shift:
    case Operator::right_shift:
    case Operator::bitwise_and:
    case Operator::bitwise_or:
    case Operator::bitwise_xor:
    case Operator::equal:
    case Operator::not_equal:
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
      break;
  }
  no_operator(op, left, right);
}

// bool & bool is a bool; with an int it is an int.
WeakScalar bitwise(const WeakScalar& a, const WeakScalar& b, const Integer& value) {
  return a.is_bool() && b.is_bool() ? weak_bool(value != 0) : weak_integer(value);
}

WeakScalar fold_integers(Operator op, const WeakScalar& left, const WeakScalar& right) {
  const Integer &a = left.integer, &b = right.integer;
  check_divisor(op, b == 0);
  const bool shifts = op == Operator::left_shift || op == Operator::right_shift;
  if (shifts && b.is_negative()) throw Error(ErrorCode::value, "negative shift count");
  switch (op) {
    case Operator::add:
      return weak_integer(a + b);
    case Operator::subtract:
      return weak_integer(a - b);
    case Operator::multiply:
      return weak_integer(a * b);
    case Operator::divide:
      return weak_float(true_divide(a, b));
    case Operator::floor_divide:
      return weak_integer(floor_divide(a, b));
    case Operator::remainder:
      return weak_integer(remainder(a, b));
    case Operator::power:
      return b.is_negative() ? weak_float(float_power(a.to_double(), b.to_double())) : weak_integer(power(a, b));
    case Operator::left_shift:
      return weak_integer(shift_left(a, b));
    case Operator::right_shift:
      return weak_integer(shift_right(a, b));
    case Operator::bitwise_and:
      return bitwise(left, right, a & b);
    case Operator::bitwise_or:
      return bitwise(left, right, a | b);
    case Operator::bitwise_xor:
      return bitwise(left, right, a ^ b);
    case Operator::positive:
    case Operator::negative:
    case Operator::invert:
    case Operator::matmul:
    case Operator::equal:
    case Operator::not_equal:
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
      break;
  }
  no_operator(op, left, right);
}

// Exact between int and float, as Python's.
std::partial_ordering order(const WeakScalar& a, const WeakScalar& b) {
  if (a.is_float() && b.is_float()) return a.real <=> b.real;
  if (b.is_float()) return compare(a.integer, b.real);
  if (a.is_float()) return 0 <=> compare(b.integer, a.real);
  return a.integer <=> b.integer;
}

}  // namespace

WeakScalar weak_bool(bool value) { return {Kind::boolean, value, 0}; }
WeakScalar weak_integer(Integer value) { return {Kind::signed_integer, std::move(value), 0}; }
WeakScalar weak_float(double value) { return {Kind::floating, 0, value}; }

WeakScalar weak_from_bits(DType dtype, uint64_t bits) {
  if (is_bool(dtype)) return weak_bool((bits & 0xff) != 0);
  if (is_float(dtype)) return weak_float(std::bit_cast<double>(bits));
  return weak_integer(static_cast<int64_t>(bits));
}

DType default_dtype(Kind kind) {
  return kind == Kind::boolean ? DType::bool_ : kind == Kind::floating ? DType::float64 : DType::int64;
}

bool truth(const WeakScalar& value) { return value.is_float() ? value.real != 0 : value.integer != 0; }

double as_double(const WeakScalar& value) { return value.is_float() ? value.real : value.integer.to_double(); }

bool is_exact_double(const WeakScalar& value) { return value.is_float() || value.integer.is_exact_double(); }

Integer as_integer(const WeakScalar& value) {
  if (!value.is_float()) return value.integer;
  if (std::isfinite(value.real)) return Integer::truncated(value.real);
  throw Error(ErrorCode::value,
              fmt::format("cannot convert float {} to integer", std::isnan(value.real) ? "NaN" : "infinity"));
}

Integer smallest_of(DType dtype) {
  return is_signed(dtype) ? Integer(INT64_MIN >> (64 - 8 * size_of(dtype))) : Integer(0);
}

Integer largest_of(DType dtype) {
  if (is_bool(dtype)) return 1;
  return UINT64_MAX >> (64 - 8 * size_of(dtype) + (is_signed(dtype) ? 1 : 0));
}

bool fits(const WeakScalar& value, DType dtype) {
  const Integer& integer = value.integer;
  if (dtype == DType::uint64) return integer.fits_uint64();
  return integer.fits_int64() && integer >= smallest_of(dtype) && integer <= largest_of(dtype);
}

WeakScalar as_element(const WeakScalar& value, DType dtype, WeakRule rule) {
  if (is_bool(dtype)) return weak_bool(truth(value));
  if (is_float(dtype)) return weak_float(as_double(value));
  WeakScalar result = weak_integer(as_integer(value));
  const bool wraps = rule == WeakRule::wrapping && (fits(result, DType::int64) || fits(result, DType::uint64));
  if (wraps || fits(result, dtype)) return result;
  throw Error(ErrorCode::value,
              fmt::format("the {} {} is out of bounds for {}", value.is_float() ? "float" : "integer",
                          value.is_float() ? fmt::format("{}", value.real) : result.integer.text(), name_of(dtype)));
}

bool is_same(const WeakScalar& a, const WeakScalar& b) {
  if (a.kind != b.kind) return false;
  return a.is_float() ? std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real) : a.integer == b.integer;
}

std::string text_of(const WeakScalar& value) {
  return value.is_float() ? fmt::format("{:x}", std::bit_cast<uint64_t>(value.real)) : value.integer.decimal();
}

std::string_view python_type(Kind kind) {
  return kind == Kind::boolean ? "bool" : kind == Kind::floating ? "float" : "int";
}

WeakScalar parse_integer(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10) text.remove_prefix(2);
  }
  return weak_integer(Integer::parse(text, base));
}

WeakScalar fold_unary(Operator op, const WeakScalar& a) {
  if (op == Operator::positive) return a.is_float() ? a : weak_integer(a.integer);
  if (op == Operator::negative)
    return a.is_float() ? weak_float(-a.real) : fold_integers(Operator::subtract, weak_integer(0), a);
  if (a.is_float()) throw Error(ErrorCode::dtype, "bad operand type for unary ~: 'float'");
  return weak_integer(~a.integer);
}

WeakScalar fold_binary(Operator op, const WeakScalar& a, const WeakScalar& b) {
  return a.is_float() || b.is_float() ? fold_floats(op, a, b) : fold_integers(op, a, b);
}

bool fold_compare(Operator op, const WeakScalar& a, const WeakScalar& b) {
  const std::partial_ordering sign = order(a, b);
  switch (op) {
    case Operator::equal:
      return sign == 0;
    case Operator::not_equal:
      return sign != 0;
    case Operator::less:
      return sign < 0;
    case Operator::less_equal:
      return sign <= 0;
    case Operator::greater:
      return sign > 0;
    case Operator::greater_equal:
      return sign >= 0;
    case Operator::positive:
    case Operator::negative:
    case Operator::invert:
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
    case Operator::floor_divide:
    case Operator::remainder:
    case Operator::power:
    case Operator::matmul:
    case Operator::left_shift:
    case Operator::right_shift:
    case Operator::bitwise_and:
    case Operator::bitwise_or:
    case Operator::bitwise_xor:
      break;
  }
  throw Error(ErrorCode::internal, "not a comparison");
}

uint64_t constant_bits(const WeakScalar& value, DType dtype) {
  if (is_bool(dtype)) return truth(value);
  if (dtype == DType::float64) return std::bit_cast<uint64_t>(as_double(value));
  if (dtype == DType::float32) return std::bit_cast<uint32_t>(static_cast<float>(as_double(value)));
  const uint64_t bits = value.integer.low_bits();
  return size_of(dtype) == 8 ? bits : bits & ((uint64_t{1} << (8 * size_of(dtype))) - 1);
}

}  // namespace fuseval::frontend

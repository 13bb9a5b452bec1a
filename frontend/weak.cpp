#include "frontend/weak.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace fuseval::frontend {
namespace {

constexpr Integer integer_max = static_cast<Integer>(~static_cast<unsigned __int128>(0) >> 1);

[[noreturn]] void overflow() { throw Error(ErrorCode::value, "integer overflow: the result has more than 128 bits"); }

[[noreturn]] void no_operator(Operator op, const WeakScalar& a, const WeakScalar& b) {
  throw Error(ErrorCode::dtype, fmt::format("unsupported operand types for {}: '{}' and '{}'", spelling_of(op),
                                            python_type(a.kind), python_type(b.kind)));
}

Integer floor_divide(Integer a, Integer b) {
  Integer negated;
  if (b == -1) {
    if (__builtin_sub_overflow(static_cast<Integer>(0), a, &negated)) overflow();
    return negated;
  }
  const Integer q = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

Integer remainder(Integer a, Integer b) { return b == -1 ? 0 : a - floor_divide(a, b) * b; }

// int / int, correctly rounded as Python's: bits of the exact quotient until 55 are there, and a sticky one for the
// rest.
double true_divide(Integer a, Integer b) {
  const Integer limit = static_cast<Integer>(1) << 53;
  const auto small = [&](Integer x) { return x >= -limit && x <= limit; };
  if (a == 0 || (small(a) && small(b))) return static_cast<double>(a) / static_cast<double>(b);
  using Unsigned = unsigned __int128;
  const auto magnitude = [](Integer x) {
    return x < 0 ? Unsigned{0} - static_cast<Unsigned>(x) : static_cast<Unsigned>(x);
  };
  const Unsigned divisor = magnitude(b);
  Unsigned quotient = magnitude(a) / divisor, rest = magnitude(a) % divisor;
  int shift = 0;
  for (; quotient < Unsigned{1} << 55; ++shift) {
    rest *= 2;
    quotient = quotient * 2 + (rest >= divisor);
    if (rest >= divisor) rest -= divisor;
  }
  const double result = std::ldexp(static_cast<double>(quotient | (rest != 0)), -shift);
  return (a < 0) != (b < 0) ? -result : result;
}

Integer integer_power(Integer base, Integer exponent) {
  Integer result = 1;
  while (exponent > 0) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) overflow();
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) overflow();
  }
  return result;
}

Integer power_of(Integer base, Integer exponent) {
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent & 1 ? -1 : 1;
  return integer_power(base, exponent);
}

Integer shift_left(Integer a, Integer count) {
  if (a == 0) return 0;
  if (count > 126) overflow();
  Integer result;
  if (__builtin_mul_overflow(a, static_cast<Integer>(1) << static_cast<int>(count), &result)) overflow();
  return result;
}

Integer shift_right(Integer a, Integer count) { return a >> static_cast<int>(std::min<Integer>(count, 127)); }

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
WeakScalar bitwise(const WeakScalar& a, const WeakScalar& b, Integer value) {
  return a.is_bool() && b.is_bool() ? weak_bool(value != 0) : weak_integer(value);
}

WeakScalar fold_integers(Operator op, const WeakScalar& left, const WeakScalar& right) {
  const Integer a = left.integer, b = right.integer;
  Integer result = 0;
  check_divisor(op, b == 0);
  const bool shifts = op == Operator::left_shift || op == Operator::right_shift;
  if (shifts && b < 0) throw Error(ErrorCode::value, "negative shift count");
  switch (op) {
    case Operator::add:
      if (__builtin_add_overflow(a, b, &result)) overflow();
      return weak_integer(result);
    case Operator::subtract:
      if (__builtin_sub_overflow(a, b, &result)) overflow();
      return weak_integer(result);
    case Operator::multiply:
      if (__builtin_mul_overflow(a, b, &result)) overflow();
      return weak_integer(result);
    case Operator::divide:
      return weak_float(true_divide(a, b));
    case Operator::floor_divide:
      return weak_integer(floor_divide(a, b));
    case Operator::remainder:
      return weak_integer(remainder(a, b));
    case Operator::power:
      return b < 0 ? weak_float(float_power(static_cast<double>(a), static_cast<double>(b)))
                   : weak_integer(power_of(a, b));
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

// -1, 0, 1, or 2 when a NaN makes them unordered. Exact between int and float, as Python's.
int order(Integer a, double b) {
  if (std::isnan(b)) return 2;
  if (b >= 0x1p127) return -1;
  if (b < -0x1p127) return 1;
  const Integer whole = static_cast<Integer>(b);
  if (a != whole) return a < whole ? -1 : 1;
  const double fraction = b - std::trunc(b);
  return fraction > 0 ? -1 : fraction < 0 ? 1 : 0;
}

int order(const WeakScalar& a, const WeakScalar& b) {
  if (!a.is_float() && !b.is_float()) return a.integer < b.integer ? -1 : a.integer > b.integer;
  if (!a.is_float()) return order(a.integer, b.real);
  if (!b.is_float()) {
    const int reversed = order(b.integer, a.real);
    return reversed == 2 ? 2 : -reversed;
  }
  if (std::isnan(a.real) || std::isnan(b.real)) return 2;
  return a.real < b.real ? -1 : a.real > b.real;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

}  // namespace

WeakScalar weak_bool(bool value) { return {Kind::boolean, value, 0}; }
WeakScalar weak_integer(Integer value) { return {Kind::signed_integer, value, 0}; }
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

double as_double(const WeakScalar& value) { return value.is_float() ? value.real : static_cast<double>(value.integer); }

bool is_exact_double(const WeakScalar& value) {
  return value.is_float() || order(value.integer, static_cast<double>(value.integer)) == 0;
}

bool fits(const WeakScalar& value, DType dtype) {
  if (is_bool(dtype)) return value.integer == 0 || value.integer == 1;
  const int bits = 8 * size_of(dtype) - (is_signed(dtype) ? 1 : 0);
  const Integer top = (static_cast<Integer>(1) << bits) - 1;
  return value.integer <= top && value.integer >= (is_signed(dtype) ? -top - 1 : 0);
}

std::string_view python_type(Kind kind) {
  return kind == Kind::boolean ? "bool" : kind == Kind::floating ? "float" : "int";
}

std::string decimal(Integer value) {
  std::string digits;
  const bool negative = value < 0;
  do {
    const int digit = static_cast<int>(value % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
    value /= 10;
  } while (value != 0);
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

WeakScalar parse_integer(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10) text.remove_prefix(2);
  }
  Integer value = 0;
  for (const char c : text) {
    if (c == '_') continue;
    if (value > (integer_max - 15) / base)
      throw Error(ErrorCode::value, "the integer is too large: fuseval computes with 64-bit integers");
    value = value * base + digit_of(c);
  }
  return weak_integer(value);
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
  const int sign = order(a, b);
  if (sign == 2) return op == Operator::not_equal;
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
  const uint64_t bits = static_cast<uint64_t>(value.integer);
  return size_of(dtype) == 8 ? bits : bits & ((uint64_t{1} << (8 * size_of(dtype))) - 1);
}

}  // namespace fuseval::frontend

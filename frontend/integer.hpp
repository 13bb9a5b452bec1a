// Python's int: a whole number of any size, up to a bound that keeps a text from spending time and memory without end.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fuseval::frontend {

/// Immutable. What fits int64 is computed in int64; larger numbers are shared, and computed by Boost.Multiprecision,
/// whose headers integer.cpp alone includes. Operators throw Error(limit) beyond max_bits.
class Integer {
 public:
  /// Four times the exponents of float64: what meets a float is far below it, and the slowest operation on two such
  /// numbers costs some microseconds, so that a text of 100 000 operations stays within a second and 60 MB.
  static constexpr int max_bits = 4096;

  Integer() = default;
  template <std::integral T>
  Integer(T value) : Integer(from(value)) {}  // NOLINT: as Python's ints are

  /// Digits of `base` (2, 8, 10 or 16) and underscores.
  static Integer parse(std::string_view digits, int base);
  /// A finite float without its fraction.
  static Integer truncated(double value);

  bool is_negative() const;
  bool fits_int64() const { return !large_; }
  bool fits_uint64() const;
  /// The value; only where fits_int64.
  int64_t to_int64() const { return small_; }
  /// The value modulo 2**64.
  uint64_t low_bits() const;
  /// Rounded to nearest, halves to even. Throws Error(value) when that is beyond float64's range.
  double to_double() const;
  /// Whether a float64 has this very value.
  bool is_exact_double() const;
  /// All digits.
  std::string decimal() const;
  /// For messages: many digits are cut.
  std::string text() const;

  friend Integer operator+(const Integer& a, const Integer& b);
  friend Integer operator-(const Integer& a, const Integer& b);
  friend Integer operator*(const Integer& a, const Integer& b);
  friend Integer operator&(const Integer& a, const Integer& b);
  friend Integer operator|(const Integer& a, const Integer& b);
  friend Integer operator^(const Integer& a, const Integer& b);
  friend Integer operator-(const Integer& a) { return Integer(0) - a; }
  friend Integer operator~(const Integer& a) { return Integer(-1) - a; }
  friend std::strong_ordering operator<=>(const Integer& a, const Integer& b);
  friend bool operator==(const Integer& a, const Integer& b) { return (a <=> b) == 0; }

  // Python's //, % and /; b is not 0. The quotient of / is rounded once; Error(value) beyond float64's range.
  friend Integer floor_divide(const Integer& a, const Integer& b);
  friend Integer remainder(const Integer& a, const Integer& b);
  friend double true_divide(const Integer& a, const Integer& b);

  // exponent and count are not negative.
  friend Integer power(const Integer& base, const Integer& exponent);
  friend Integer shift_left(const Integer& a, const Integer& count);
  friend Integer shift_right(const Integer& a, const Integer& count);

  /// Exact; unordered beside a NaN.
  friend std::partial_ordering compare(const Integer& a, double b);

 private:
  struct Large;
  struct Access;

  static Integer from(std::signed_integral auto value) { return Integer(Small{}, value); }
  static Integer from(std::unsigned_integral auto value) { return from_unsigned(value); }
  static Integer from_unsigned(uint64_t value);

  struct Small {};
  Integer(Small, int64_t value) : small_(value) {}

  int64_t small_ = 0;
  std::shared_ptr<const Large> large_;  ///< null when the value fits int64
};

}  // namespace fuseval::frontend

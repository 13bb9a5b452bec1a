#include "frontend/integer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>

#include "ir/error.hpp"

namespace fuseval::frontend {

using Number = boost::multiprecision::cpp_int;

struct Integer::Large {
  Number number;
};

namespace {

[[noreturn]] void too_many_bits() {
  throw Error(ErrorCode::limit,
              fmt::format("the integer has more than {} bits, which is as far as integers go", Integer::max_bits));
}

int bits(const Number& magnitude) { return magnitude == 0 ? 0 : static_cast<int>(msb(magnitude)) + 1; }

Number magnitude_of(const Number& a) { return a < 0 ? Number(-a) : a; }

// The 64 uppermost bits of a number that has at least as many; the last one is set as well when any below it is.
uint64_t uppermost(const Number& magnitude) {
  const unsigned shift = static_cast<unsigned>(bits(magnitude)) - 64;
  const bool is_inexact = lsb(magnitude) < shift;
  return static_cast<uint64_t>(magnitude >> shift) | static_cast<uint64_t>(is_inexact);
}

// scaled * 2**exponent, the last bit of `scaled` being sticky, rounded once: to 53 bits, or to whole multiples of the
// smallest subnormal. Infinity beyond the range.
double rounded(uint64_t scaled, int exponent) {
  const int dropped = std::max({static_cast<int>(std::bit_width(scaled)) - 53, -1074 - exponent, 0});
  if (dropped == 0) return std::ldexp(static_cast<double>(scaled), exponent);
  if (dropped > 63) return 0;
  const uint64_t half = uint64_t{1} << (dropped - 1), rest = scaled & (2 * half - 1);
  uint64_t kept = scaled >> dropped;
  kept += rest > half || (rest == half && (kept & 1) != 0);
  return std::ldexp(static_cast<double>(kept), exponent + dropped);
}

struct Division {
  Number quotient, rest;
};

// Rounded down, as Python's; the library truncates.
Division divide(const Number& a, const Number& b) {
  Division result;
  divide_qr(a, b, result.quotient, result.rest);
  if (result.rest == 0 || (result.rest < 0) == (b < 0)) return result;
  return {result.quotient - 1, result.rest + b};
}

struct SmallDivision {
  int64_t quotient, rest;
};

// The same for b != -1, which alone can leave int64.
SmallDivision floored(int64_t a, int64_t b) {
  const int64_t quotient = a / b, rest = a % b;
  if (rest == 0 || (rest < 0) == (b < 0)) return {quotient, rest};
  return {quotient - 1, rest + b};
}

// Squares and products from the exponent's top bit down; empty beyond int64.
std::optional<int64_t> small_power(int64_t base, int64_t exponent) {
  int64_t result = 1;
  for (int bit = static_cast<int>(std::bit_width(static_cast<uint64_t>(exponent))); bit-- > 0;) {
    if (__builtin_mul_overflow(result, result, &result)) return std::nullopt;
    if ((exponent >> bit & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return std::nullopt;
  }
  return result;
}

double with_sign(bool is_negative, double magnitude) { return is_negative ? -magnitude : magnitude; }

// |a| / |b| with 55 or 56 bits, the last one sticky; fewer where the result is subnormal.
double quotient(const Number& a, const Number& b) {
  const int shift = std::max(bits(a) - bits(b), -1021) - 55;
  Number whole, rest;
  divide_qr(Number(a << std::max(-shift, 0)), Number(b << std::max(shift, 0)), whole, rest);
  return rounded(static_cast<uint64_t>(whole) | static_cast<uint64_t>(rest != 0), shift);
}

// |b| of at least 2**63, which is a whole number.
Number whole_number(double b) {
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(b), &exponent);
  return Number(static_cast<uint64_t>(std::ldexp(fraction, 53))) << (exponent - 53);
}

std::partial_ordering compare_small(int64_t a, double b) {
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= 0x1p63) return std::partial_ordering::less;
  if (b < -0x1p63) return std::partial_ordering::greater;
  const auto whole = static_cast<int64_t>(b);
  return a != whole ? std::partial_ordering(a <=> whole) : 0.0 <=> b - std::trunc(b);
}

int digit_of(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

}  // namespace

// Conversions to and from the library's numbers.
struct Integer::Access {
  static Number number(const Integer& a) { return a.large_ ? a.large_->number : Number(a.small_); }

  static Integer integer(Number number) {
    if (number >= INT64_MIN && number <= INT64_MAX) return static_cast<int64_t>(number);
    if (bits(magnitude_of(number)) > max_bits) too_many_bits();
    Integer result;
    result.large_ = std::make_shared<const Large>(Large{std::move(number)});
    return result;
  }
};

Integer Integer::from_unsigned(uint64_t value) {
  return value <= INT64_MAX ? Integer(Small{}, static_cast<int64_t>(value)) : Access::integer(value);
}

Integer Integer::parse(std::string_view digits, int base) {
  digits.remove_prefix(std::min(digits.find_first_not_of("0_"), digits.size()));
  Number number = 0;
  uint64_t chunk = 0, scale = 1;
  const auto flush = [&] {
    number = number * scale + chunk;
    chunk = 0, scale = 1;
    if (bits(number) > max_bits) too_many_bits();
  };
  for (const char c : digits) {
    if (c == '_') continue;
    chunk = chunk * static_cast<unsigned>(base) + static_cast<unsigned>(digit_of(c));
    scale *= static_cast<unsigned>(base);
    if (scale > UINT64_MAX / 16) flush();
  }
  flush();
  return Access::integer(std::move(number));
}

Integer Integer::truncated(double value) {
  if (std::fabs(value) < 0x1p63) return static_cast<int64_t>(value);
  const Number magnitude = whole_number(value);
  return Access::integer(value < 0 ? Number(-magnitude) : magnitude);
}

bool Integer::is_negative() const { return large_ ? large_->number < 0 : small_ < 0; }

bool Integer::fits_uint64() const { return large_ ? large_->number > 0 && large_->number <= UINT64_MAX : small_ >= 0; }

uint64_t Integer::low_bits() const {
  if (!large_) return static_cast<uint64_t>(small_);
  const auto low = static_cast<uint64_t>(Number(magnitude_of(large_->number) & UINT64_MAX));
  return large_->number < 0 ? uint64_t{0} - low : low;
}

double Integer::to_double() const {
  if (!large_) return static_cast<double>(small_);
  const Number magnitude = magnitude_of(large_->number);
  const double result = rounded(uppermost(magnitude), bits(magnitude) - 64);
  if (std::isinf(result)) throw Error(ErrorCode::value, "the integer is too large for a float");
  return with_sign(is_negative(), result);
}

bool Integer::is_exact_double() const {
  if (!large_) return compare_small(small_, static_cast<double>(small_)) == 0;
  const Number magnitude = magnitude_of(large_->number);
  return bits(magnitude) <= 1024 && bits(magnitude) - static_cast<int>(lsb(magnitude)) <= 53;
}

std::string Integer::decimal() const { return large_ ? large_->number.str() : std::to_string(small_); }

std::string Integer::text() const {
  const std::string digits = decimal();
  if (digits.size() <= 60) return digits;
  return fmt::format("{}… ({} digits)", digits.substr(0, 20), digits.size() - is_negative());
}

Integer operator+(const Integer& a, const Integer& b) {
  int64_t result = 0;
  if (!a.large_ && !b.large_ && !__builtin_add_overflow(a.small_, b.small_, &result)) return result;
  return Integer::Access::integer(Integer::Access::number(a) + Integer::Access::number(b));
}

Integer operator-(const Integer& a, const Integer& b) {
  int64_t result = 0;
  if (!a.large_ && !b.large_ && !__builtin_sub_overflow(a.small_, b.small_, &result)) return result;
  return Integer::Access::integer(Integer::Access::number(a) - Integer::Access::number(b));
}

Integer operator*(const Integer& a, const Integer& b) {
  int64_t result = 0;
  if (!a.large_ && !b.large_ && !__builtin_mul_overflow(a.small_, b.small_, &result)) return result;
  return Integer::Access::integer(Integer::Access::number(a) * Integer::Access::number(b));
}

Integer operator&(const Integer& a, const Integer& b) {
  if (!a.large_ && !b.large_) return a.small_ & b.small_;
  return Integer::Access::integer(Integer::Access::number(a) & Integer::Access::number(b));
}

Integer operator|(const Integer& a, const Integer& b) {
  if (!a.large_ && !b.large_) return a.small_ | b.small_;
  return Integer::Access::integer(Integer::Access::number(a) | Integer::Access::number(b));
}

Integer operator^(const Integer& a, const Integer& b) {
  if (!a.large_ && !b.large_) return a.small_ ^ b.small_;
  return Integer::Access::integer(Integer::Access::number(a) ^ Integer::Access::number(b));
}

std::strong_ordering operator<=>(const Integer& a, const Integer& b) {
  if (!a.large_ && !b.large_) return a.small_ <=> b.small_;
  return Integer::Access::number(a).compare(Integer::Access::number(b)) <=> 0;
}

Integer floor_divide(const Integer& a, const Integer& b) {
  if (!a.large_ && !b.large_ && b.small_ != -1) return floored(a.small_, b.small_).quotient;
  return Integer::Access::integer(divide(Integer::Access::number(a), Integer::Access::number(b)).quotient);
}

Integer remainder(const Integer& a, const Integer& b) {
  if (!a.large_ && !b.large_ && b.small_ != -1) return floored(a.small_, b.small_).rest;
  return Integer::Access::integer(divide(Integer::Access::number(a), Integer::Access::number(b)).rest);
}

double true_divide(const Integer& a, const Integer& b) {
  constexpr int64_t exact = int64_t{1} << 53;
  const auto is_exact = [](const Integer& x) { return !x.large_ && x.small_ >= -exact && x.small_ <= exact; };
  if (is_exact(a) && is_exact(b)) return static_cast<double>(a.small_) / static_cast<double>(b.small_);
  if (a == 0) return with_sign(b.is_negative(), 0);
  const double result = quotient(magnitude_of(Integer::Access::number(a)), magnitude_of(Integer::Access::number(b)));
  if (std::isinf(result)) throw Error(ErrorCode::value, "the integer division's result is too large for a float");
  return with_sign(a.is_negative() != b.is_negative(), result);
}

Integer power(const Integer& base, const Integer& exponent) {
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return (exponent.low_bits() & 1) != 0 ? -1 : 1;
  if (!base.large_ && !exponent.large_)
    if (const auto small = small_power(base.small_, exponent.small_)) return *small;
  // A base of n bits has more than (n - 1) * exponent of them as a power.
  const Number number = Integer::Access::number(base);
  if (exponent > Integer::max_bits || (bits(magnitude_of(number)) - 1) * exponent.to_int64() > Integer::max_bits)
    too_many_bits();
  return Integer::Access::integer(pow(number, static_cast<unsigned>(exponent.to_int64())));
}

Integer shift_left(const Integer& a, const Integer& count) {
  if (a == 0) return 0;
  if (count > Integer::max_bits) too_many_bits();
  int64_t shifted = 0;
  const bool is_small = !a.large_ && count.small_ < 63;
  if (is_small && !__builtin_mul_overflow(a.small_, int64_t{1} << count.small_, &shifted)) return shifted;
  return Integer::Access::integer(Integer::Access::number(a) << static_cast<unsigned>(count.to_int64()));
}

Integer shift_right(const Integer& a, const Integer& count) {
  if (count > Integer::max_bits) return a.is_negative() ? -1 : 0;
  if (!a.large_) return a.small_ >> std::min<int64_t>(count.small_, 63);
  if (a.is_negative()) return ~shift_right(~a, count);  // the library's own rounds some negative numbers up
  return Integer::Access::integer(Integer::Access::number(a) >> static_cast<unsigned>(count.to_int64()));
}

std::partial_ordering compare(const Integer& a, double b) {
  if (!a.large_) return compare_small(a.small_, b);
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (std::isinf(b)) return 0.0 <=> b;
  const bool is_negative = a.is_negative();
  if (is_negative != (b < 0) || std::fabs(b) < 0x1p63)  // a is beyond int64
    return is_negative ? std::partial_ordering::less : std::partial_ordering::greater;
  const int order = magnitude_of(a.large_->number).compare(whole_number(b));
  return is_negative ? 0 <=> order : order <=> 0;
}

}  // namespace fuseval::frontend

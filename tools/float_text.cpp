#include "tools/float_text.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <type_traits>

namespace fuseval::tools {
namespace {

/// 1100 characters hold any double with any number of digits that is asked for here.
template <class T, class... Format>
std::string chars_of(T value, Format... format) {
  char buffer[1200];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, format...);
  return {buffer, result.ptr};
}

FloatParts split(const std::string& text) {
  const size_t exponent = std::min(text.find('e'), text.size());
  const size_t point = std::min(text.find('.'), exponent);
  FloatParts parts{text.substr(0, point), {}, text.substr(exponent)};
  if (point < exponent) parts.fraction = text.substr(point + 1, exponent - point - 1);
  return parts;
}

void trim_zeros(std::string& fraction) {
  const size_t last = fraction.find_last_not_of('0');
  fraction.resize(last == std::string::npos ? 0 : last + 1);
}

/// The shortest digits with the point moved to where it belongs. (to_chars' own fixed form continues a large float32
/// with digits of its exact value, NumPy with zeros.)
template <class T>
FloatParts shortest_positional(T value) {
  const FloatParts scientific = split(chars_of(value, std::chars_format::scientific));
  const int exponent = std::atoi(scientific.exponent.c_str() + 1);
  const bool negative = scientific.whole[0] == '-';
  std::string digits(exponent < 0 ? static_cast<size_t>(-exponent) : 0, '0');
  digits.append(scientific.whole, negative ? 1 : 0).append(scientific.fraction);
  const size_t whole = exponent < 0 ? 1 : static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole) digits.resize(whole, '0');
  FloatParts parts{std::string(negative ? 1 : 0, '-'), digits.substr(whole), {}};
  parts.whole.append(digits, 0, whole);
  trim_zeros(parts.fraction);
  return parts;
}

}  // namespace

template <class T>
FloatParts positional_parts(T value, int most_digits) {
  FloatParts parts = shortest_positional(value);
  if (parts.fraction.size() <= static_cast<size_t>(most_digits)) return parts;
  parts = split(chars_of(value, std::chars_format::fixed, most_digits));
  trim_zeros(parts.fraction);
  return parts;
}

template <class T>
FloatParts scientific_parts(T value, int most_digits) {
  FloatParts parts = split(chars_of(value, std::chars_format::scientific));
  if (parts.fraction.size() > static_cast<size_t>(most_digits)) parts = fixed_scientific_parts(value, most_digits);
  trim_zeros(parts.fraction);
  return parts;
}

template <class T>
FloatParts fixed_scientific_parts(T value, int digits) {
  const FloatParts shortest = split(chars_of(value, std::chars_format::scientific));
  if (shortest.fraction.size() == static_cast<size_t>(digits)) return shortest;
  return split(chars_of(value, std::chars_format::scientific, digits));
}

template <class T>
void append_scalar_float(std::string& text, T value) {
  const T size = std::fabs(value);
  // Where all digits before the point are known: there to_chars' fixed form is the shortest one too.
  constexpr T most = std::is_same_v<T, float> ? T(1e6) : T(1e16);
  const bool positional = size == 0 || (static_cast<double>(size) >= 1e-4 && size < most);
  char buffer[64];
  const auto format = positional ? std::chars_format::fixed : std::chars_format::scientific;
  const std::string_view digits(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr - buffer);
  text += digits;
  if (positional && digits.find('.') == std::string_view::npos) text += ".0";
}

template <class T>
std::string scalar_float(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::string text;
  append_scalar_float(text, value);
  return text;
}

template void append_scalar_float(std::string&, float);
template void append_scalar_float(std::string&, double);
template std::string scalar_float(float);
template std::string scalar_float(double);
template FloatParts positional_parts(float, int);
template FloatParts positional_parts(double, int);
template FloatParts scientific_parts(float, int);
template FloatParts scientific_parts(double, int);
template FloatParts fixed_scientific_parts(float, int);
template FloatParts fixed_scientific_parts(double, int);

}  // namespace fuseval::tools

#include "tools/picture/tick_text.hpp"

#include <cstdio>
#include <cstdlib>

namespace fuseval::tools {
namespace {

std::string digits_of(std::int64_t whole) { return std::to_string(std::llabs(whole)); }

std::string with_sign(std::int64_t whole, const std::string& text) { return whole < 0 ? "-" + text : text; }

}  // namespace

std::string positional(std::int64_t whole, int exponent) {
  std::string digits = digits_of(whole);
  if (exponent >= 0)
    return with_sign(whole, digits + (whole == 0 ? "" : std::string(static_cast<std::size_t>(exponent), '0')));
  const auto decimals = static_cast<std::size_t>(-exponent);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  return with_sign(whole, digits.insert(digits.size() - decimals, 1, '.'));
}

std::string scientific(std::int64_t whole, int exponent) {
  if (whole == 0) return "0";
  std::string digits = digits_of(whole);
  exponent += static_cast<int>(digits.size()) - 1;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.size() > 1) digits.insert(1, 1, '.');
  return with_sign(whole, digits + "e" + std::to_string(exponent));
}

int magnitude_of(std::int64_t whole, int exponent) {
  return whole == 0 ? 0 : exponent + static_cast<int>(digits_of(whole).size()) - 1;
}

std::string short_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace fuseval::tools

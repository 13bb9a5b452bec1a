// Decimal numbers as axes write them, in ASCII.
#pragma once

#include <cstdint>
#include <string>

namespace fuseval::tools {

/// whole * 10^exponent, exactly: "1200", "-0.25".
std::string positional(std::int64_t whole, int exponent);

/// The same as "1.5e7".
std::string scientific(std::int64_t whole, int exponent);

/// The power of ten of a number's first digit; 0 for 0.
int magnitude_of(std::int64_t whole, int exponent);

/// Whether numbers of a magnitude are read more easily without an exponent: 0.001 to 999999.
constexpr bool is_plain(int magnitude) { return magnitude >= -3 && magnitude < 6; }

/// Four digits at most: "0.1235", "1.2e+07".
std::string short_number(double value);

}  // namespace fuseval::tools

// Numbers and lists of numbers that somebody typed: "2.5", "1,2,3", "[[1, 2], [3, 4]]".
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// A value that is not what it should be, and why.
class BadValue : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Elements in C order, as bytes.
struct ListedValues {
  DType dtype = DType::float64;
  std::vector<std::int64_t> shape;
  std::vector<unsigned char> bytes;

  /// Of this object's bytes.
  View view() const;
};

/// Whether the text is to be understood as a list: it begins with [, or has commas and begins with a number.
bool is_list(std::string_view text);

/// "1,2,3", "1," (one element), "" (none) and nested "[…]", whose sub-lists are equally long. Without a dtype: bool if
/// all are True or False, int64 if all are integers, else float64. Throws BadValue.
ListedValues parse_list(std::string_view text, std::optional<DType> dtype);

/// A scalar of that dtype, or a list if there is a comma or a bracket, or nothing. Throws BadValue.
ListedValues parse_typed(std::string_view text, DType dtype);

/// True, False, or a literal of Python's: a Python-like number. nullopt: it is none. Throws BadValue for an integer
/// beyond int64.
std::optional<View> parse_python_number(std::string_view text);

}  // namespace fuseval::tools

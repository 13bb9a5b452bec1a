// Floating-point numbers as decimal text: the fewest digits that read back as the same number, cut where asked.
#pragma once

#include <string>

namespace fuseval::tools {

/// As str() of NumPy's scalars (of float64: Python's repr): "1.0", "1e+16" (float32 from "1e+06" on), "nan", "-inf".
template <class T>
std::string scalar_float(T value);
/// The same at the end of a text, for finite numbers; allocates nothing but the text's room.
template <class T>
void append_scalar_float(std::string& text, T value);

/// A finite number: the parts around the decimal point (the point is neither's) and the exponent ("" or "e+05" …).
struct FloatParts {
  std::string whole;  ///< with a minus sign for negative numbers and -0
  std::string fraction;
  std::string exponent;
};

/// At most `most_digits` after the point, correctly rounded; trailing zeros removed.
template <class T>
FloatParts positional_parts(T value, int most_digits);
template <class T>
FloatParts scientific_parts(T value, int most_digits);

/// Exactly `digits` after the point.
template <class T>
FloatParts fixed_scientific_parts(T value, int digits);

}  // namespace fuseval::tools

// Arrays as NumPy 2 prints them.
#pragma once

#include <string>

#include "fuseval/fuseval.h"

namespace fuseval::tools {

/// str() of the array under NumPy's default print options (8 digits, lines of 75 characters, above 1000 elements only
/// the three first and last along each axis). Rank 0: the number as Python shows it. No newline at the end.
std::string numpy_text(const fv_view& array);

}  // namespace fuseval::tools

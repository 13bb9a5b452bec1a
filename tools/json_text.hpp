// JSON on a stream: what `fuseval eval --json` prints.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "fuseval/fuseval.h"

namespace fuseval::tools {

/// A quoted string.
std::string json_string(std::string_view text);

/// Nested lists in C order, a bare value for rank 0. Integers exact; floats with the fewest digits that read back,
/// always with a point or an exponent; NaN and infinities as the strings "NaN", "Infinity", "-Infinity".
void write_json_value(std::FILE* file, const fv_view& array);

}  // namespace fuseval::tools

// JSON on a stream: what `fuseval eval --json` prints. Strings and objects are nlohmann::json's; arrays are streamed.
#pragma once

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// One line, keys in the given order; bytes that are no UTF-8 become U+FFFD.
std::string json_text(const nlohmann::ordered_json& document);

/// {"dtype":…,"shape":[…],"value":…}: nested lists in C order, a bare value for rank 0. Integers exact; floats with the
/// fewest digits that read back, always with a point or an exponent; NaN and infinities as the strings "NaN",
/// "Infinity", "-Infinity". Takes no memory that grows with the array.
void write_json_array(std::FILE* file, const Array& array);

}  // namespace fuseval::tools

// Pixels for terminals that draw them: DEC's sixel format.
#pragma once

#include <string>

#include "tools/picture/pixels.hpp"

namespace fuseval::tools {

/// With at most 256 colours: where there are more, the most frequent ones, and for each of the rest the nearest of
/// these.
std::string sixel_of(const Pixels& pixels);

}  // namespace fuseval::tools

// A figure as pixels.
#pragma once

#include "tools/picture/figure.hpp"

namespace fuseval::tools {

/// Boxes and images have whole pixels as borders; lines and letters have soft ones. On white.
Pixels painted(const Figure& figure);

}  // namespace fuseval::tools

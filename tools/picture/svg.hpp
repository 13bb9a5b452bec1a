// A figure as an SVG 1.1 document.
#pragma once

#include <string>

#include "tools/picture/figure.hpp"

namespace fuseval::tools {

/// Text is text (in DejaVu Sans or a font of the same widths), images are embedded PNGs.
std::string svg_of(const Figure& figure);

}  // namespace fuseval::tools

// Text as outlines: DejaVu Sans's (LICENSE-DejaVu), for ASCII, Latin-1 and Greek letters. It is inside the program, so
// that a picture needs no font to be installed and its pixels are the same everywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/picture/geometry.hpp"

namespace fuseval::tools {

constexpr const char* font_family = "DejaVu Sans";

/// Closed polygons, filled where their winding number is not 0.
using Outline = std::vector<std::vector<Point>>;

/// Pixels that a UTF-8 text takes at a size (of the em square) in pixels.
double text_width(std::string_view text, double size);

/// The text with its baseline's left end at the origin.
Outline text_outline(std::string_view text, double size);

/// The text, or as much of its beginning as leaves room for an ellipsis.
std::string shortened(const std::string& text, double size, double width);

}  // namespace fuseval::tools

// A 2-D array as pixels: row 0 at the top, column 0 at the left.
#pragma once

#include "tools/picture/axis.hpp"
#include "tools/picture/elements.hpp"
#include "tools/picture/pixels.hpp"

namespace fuseval::tools {

/// One pixel an element, or where there are more than `width` columns or `height` rows that many, each pixel the mean
/// of the elements that fall into it, NaN left out (in one pass). A 2-D array is coloured by where its values lie in
/// the range, NaN and what has no place on its scale by nan_colour; one of shape (n, m, 3) or (n, m, 4) holds colours
/// itself (and how opaque they are, on white): uint8 from 0 to 255, or floats from 0 to 1.
Pixels image_pixels(const Elements& elements, Colormap map, const Range& range, int width, int height);

}  // namespace fuseval::tools

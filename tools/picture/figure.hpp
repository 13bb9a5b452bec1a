// A picture as shapes, in the order in which they are painted: one description for the writers of pixels and of SVG.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tools/picture/colour.hpp"
#include "tools/picture/geometry.hpp"
#include "tools/picture/pixels.hpp"

namespace fuseval::tools {

struct FilledBox {
  Box box;
  Colour colour;
};

/// Lines with round ends and corners, cut off at a box. A piece of one point is a dot.
struct Stroke {
  std::vector<std::vector<Point>> pieces;
  double width = 1;
  Colour colour;
  Box clip;
  std::vector<double> dashes;  ///< lengths drawn and left out in turn; none: all is drawn
};

/// The same small shape at many places.
struct Markers {
  std::vector<Point> places;
  std::vector<Point> outline;  ///< a closed polygon around the origin
  Colour colour;
};

enum class Anchor { start, middle, end };

struct Text {
  std::string text;
  Point at;  ///< of the baseline, where the anchor says
  double size = 13;
  Anchor anchor = Anchor::start;
  bool is_vertical = false;  ///< read from below
  Colour colour = ink;
};

/// Pixels stretched over a box, each with sharp borders.
struct Image {
  Pixels pixels;
  Box box;
};

using Shape = std::variant<FilledBox, Stroke, Markers, Text, Image>;

struct Figure {
  int width = 0;
  int height = 0;
  std::string title;  ///< for who cannot see it
  std::vector<Shape> shapes;
};

}  // namespace fuseval::tools

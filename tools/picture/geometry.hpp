// Points and boxes of a picture: x to the right, y downwards, in pixels.
#pragma once

namespace fuseval::tools {

struct Point {
  double x = 0, y = 0;
};

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

}  // namespace fuseval::tools

#include "tools/picture/paint.hpp"

#include <algorithm>
#include <cmath>

#include "tools/picture/coverage.hpp"
#include "tools/picture/line_look.hpp"

namespace fuseval::tools {
namespace {

/// Whole pixels of the picture.
struct PixelBox {
  int left, top, right, bottom;
};

PixelBox rounded(const Box& box, const Pixels& pixels) {
  const auto within = [](double at, int most) { return std::clamp(static_cast<int>(std::lround(at)), 0, most); };
  return {within(box.left, pixels.width()), within(box.top, pixels.height()), within(box.right, pixels.width()),
          within(box.bottom, pixels.height())};
}

class Painter {
 public:
  explicit Painter(Pixels& pixels) : pixels_(pixels) {}

  void operator()(const FilledBox& filled) {
    const PixelBox box = rounded(filled.box, pixels_);
    for (int y = box.top; y < box.bottom; ++y)
      for (int x = box.left; x < box.right; ++x) pixels_.at(x, y) = filled.colour;
  }

  void operator()(const Stroke& stroke) {
    blend(coverage_of(dashed(stroke.pieces, stroke.dashes), stroke.width, stroke.clip), stroke.colour);
  }

  void operator()(const Markers& markers) {
    for (const Point& place : markers.places) {
      Outline outline{markers.outline};
      for (Point& point : outline[0]) point = {point.x + place.x, point.y + place.y};
      blend(coverage_of(outline), markers.colour);
    }
  }

  void operator()(const Text& text) {
    Outline outline = text_outline(text.text, text.size);
    const double share = text.anchor == Anchor::start ? 0 : text.anchor == Anchor::middle ? 0.5 : 1;
    const double before = share * text_width(text.text, text.size);
    for (auto& polygon : outline)
      for (Point& point : polygon) {
        const Point at{point.x - before, point.y};
        point =
            text.is_vertical ? Point{text.at.x + at.y, text.at.y - at.x} : Point{text.at.x + at.x, text.at.y + at.y};
      }
    blend(coverage_of(outline), text.colour);
  }

  void operator()(const Image& image) {
    const PixelBox box = rounded(image.box, pixels_);
    const Pixels pixels = stretched(image.pixels, box.right - box.left, box.bottom - box.top);
    for (int y = 0; y < pixels.height(); ++y)
      for (int x = 0; x < pixels.width(); ++x) pixels_.at(box.left + x, box.top + y) = pixels.at(x, y);
  }

 private:
  void blend(Coverage coverage, Colour colour) {
    for (int y = std::max(0, -coverage.top); y < std::min(coverage.height, pixels_.height() - coverage.top); ++y)
      for (int x = std::max(0, -coverage.left); x < std::min(coverage.width, pixels_.width() - coverage.left); ++x) {
        const float share = coverage.at(x, y);
        Colour& pixel = pixels_.at(coverage.left + x, coverage.top + y);
        if (share > 0) pixel = blended(pixel, colour, share);
      }
  }

  Pixels& pixels_;
};

}  // namespace

Pixels painted(const Figure& figure) {
  Pixels pixels(figure.width, figure.height);
  Painter painter(pixels);
  for (const Shape& shape : figure.shapes) std::visit(painter, shape);
  return pixels;
}

}  // namespace fuseval::tools

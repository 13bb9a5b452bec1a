#include "tools/picture/font.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "tools/picture/utf8.hpp"

namespace fuseval::tools {
namespace {

struct Glyph {
  char32_t code_point;
  int advance;
  std::string_view path;  ///< as SVG's, of M, L, Q and Z, y upwards
};

constexpr Glyph glyphs[] = {
#include "tools/picture/glyphs.inc"
};

constexpr double units = 256;
constexpr int curve_pieces = 6;

const Glyph& glyph_of(char32_t code_point) {
  const auto* found = std::lower_bound(std::begin(glyphs), std::end(glyphs), code_point,
                                       [](const Glyph& glyph, char32_t c) { return glyph.code_point < c; });
  const bool is_there = found != std::end(glyphs) && found->code_point == code_point;
  return is_there ? *found : *std::prev(std::end(glyphs));  // U+FFFD is the last
}

/// Reads a glyph's path.
class Path {
 public:
  Path(std::string_view text, double left, double scale) : text_(text), left_(left), scale_(scale) {}

  void append_to(Outline& outline) {
    while (!text_.empty()) {
      const char command = text_[0];
      text_.remove_prefix(1);
      if (command == 'M') outline.emplace_back();
      if (command == 'Q')
        curve(outline.back());
      else if (command != 'Z')
        outline.back().push_back(point());
    }
  }

 private:
  void curve(std::vector<Point>& polygon) {
    const Point start = polygon.back(), control = point(), end = point();
    for (int k = 1; k <= curve_pieces; ++k) {
      const double t = static_cast<double>(k) / curve_pieces, s = 1 - t;
      polygon.push_back({s * s * start.x + 2 * s * t * control.x + t * t * end.x,
                         s * s * start.y + 2 * s * t * control.y + t * t * end.y});
    }
  }

  Point point() {
    const double x = number(), y = number();
    return {left_ + x * scale_, -y * scale_};
  }

  double number() {
    if (text_[0] == ' ') text_.remove_prefix(1);
    int value = 0;
    const char* end = std::from_chars(text_.data(), text_.data() + text_.size(), value).ptr;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

  std::string_view text_;
  double left_;
  double scale_;
};

}  // namespace

double text_width(std::string_view text, double size) {
  double width = 0;
  for (const char32_t c : code_points(text)) width += glyph_of(c).advance;
  return width * size / units;
}

Outline text_outline(std::string_view text, double size) {
  Outline outline;
  double left = 0;
  for (const char32_t c : code_points(text)) {
    const Glyph& glyph = glyph_of(c);
    Path(glyph.path, left, size / units).append_to(outline);
    left += glyph.advance * size / units;
  }
  return outline;
}

std::string shortened(const std::string& text, double size, double width) {
  if (text_width(text, size) <= width) return text;
  double left = width - text_width("…", size);
  std::string result;
  for (const char32_t c : code_points(text)) {
    left -= glyph_of(c).advance * size / units;
    if (left < 0) break;
    append_utf8(result, c);
  }
  return result + "…";
}

}  // namespace fuseval::tools

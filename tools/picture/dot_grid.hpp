// Dots within characters: eight to a braille one, or one to any other.
#pragma once

#include <vector>

#include "tools/picture/geometry.hpp"
#include "tools/picture/text_canvas.hpp"

namespace fuseval::tools {

class DotGrid {
 public:
  /// In characters.
  DotGrid(int columns, int rows, bool is_braille)
      : columns_(columns),
        rows_(rows),
        is_braille_(is_braille),
        cells_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) {}

  int width() const { return columns_ * across(); }
  int height() const { return rows_ * down(); }

  /// `mark` is shown where a character is one dot.
  void set(int x, int y, Colour colour, char32_t mark);
  /// From dot to dot, all between them.
  void line(Point from, Point to, Colour colour, char32_t mark);

  void draw(TextCanvas& canvas, int left, int top) const;

 private:
  struct Dots {
    unsigned bits = 0;
    Colour colour;
    char32_t mark = U' ';
  };

  int across() const { return is_braille_ ? 2 : 1; }
  int down() const { return is_braille_ ? 4 : 1; }

  int columns_;
  int rows_;
  bool is_braille_;
  std::vector<Dots> cells_;
};

}  // namespace fuseval::tools

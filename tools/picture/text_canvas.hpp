// A page of characters.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/picture/colour.hpp"
#include "tools/picture/terminal.hpp"

namespace fuseval::tools {

struct Cell {
  char32_t glyph = U' ';
  std::optional<Colour> colour;  ///< none: the terminal's own
  std::optional<Colour> ground;
};

class TextCanvas {
 public:
  TextCanvas(int columns, int rows)
      : columns_(columns), rows_(rows), cells_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) {}

  int columns() const { return columns_; }
  int rows() const { return rows_; }

  /// What is outside the page is left out.
  void put(int column, int row, const Cell& cell);
  void put(int column, int row, std::string_view text, std::optional<Colour> colour = {});

  /// Lines without blanks at their ends. Colours by escape sequences, as far as the palette has them.
  void print(std::FILE* file, Palette palette) const;

 private:
  int columns_;
  int rows_;
  std::vector<Cell> cells_;
};

/// Characters of a text, one column each: those that take two, or none, are few in a formula.
int columns_of(std::string_view text);

/// The text, or as much of its beginning as leaves room for three points.
std::string cut(const std::string& text, int columns);

}  // namespace fuseval::tools

#include "tools/picture/text_canvas.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string>

#include "tools/picture/utf8.hpp"

namespace fuseval::tools {
namespace {

int squared_distance(Colour a, Colour b) {
  const int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
  return red * red + green * green + blue * blue;
}

/// The nearest of xterm's 256: a cube of 6 x 6 x 6 from 16 on, 24 greys from 232 on.
int index_of_256(Colour colour) {
  constexpr int levels[] = {0, 95, 135, 175, 215, 255};
  const auto nearest = [&](int channel) {
    const auto closer = [&](int a, int b) { return std::abs(a - channel) < std::abs(b - channel); };
    return static_cast<int>(std::min_element(std::begin(levels), std::end(levels), closer) - std::begin(levels));
  };
  const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
  const int red = nearest(colour.red), green = nearest(colour.green), blue = nearest(colour.blue);
  const int step = std::clamp(((colour.red + colour.green + colour.blue) / 3 - 3) / 10, 0, 23);
  const std::uint8_t grey = byte(8 + 10 * step);
  const Colour in_cube{byte(levels[red]), byte(levels[green]), byte(levels[blue])};
  return squared_distance(colour, {grey, grey, grey}) < squared_distance(colour, in_cube)
             ? 232 + step
             : 16 + 36 * red + 6 * green + blue;
}

/// Select Graphic Rendition: 38 is the letters' colour, 48 the ground's, and 39 and 49 the terminal's own ones.
std::string escape(int code, const std::optional<Colour>& colour, Palette palette) {
  const std::string begin = "\x1b[" + std::to_string(code);
  if (!colour) return "\x1b[" + std::to_string(code + 1) + "m";
  if (palette == Palette::colours_256) return begin + ";5;" + std::to_string(index_of_256(*colour)) + "m";
  return begin + ";2;" + std::to_string(colour->red) + ";" + std::to_string(colour->green) + ";" +
         std::to_string(colour->blue) + "m";
}

bool is_blank(const Cell& cell) { return cell.glyph == U' ' && !cell.ground; }

}  // namespace

void TextCanvas::put(int column, int row, const Cell& cell) {
  if (column < 0 || column >= columns_ || row < 0 || row >= rows_) return;
  cells_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column)] = cell;
}

void TextCanvas::put(int column, int row, std::string_view text, std::optional<Colour> colour) {
  for (const char32_t c : code_points(text)) put(column++, row, {c, colour, {}});
}

void TextCanvas::print(std::FILE* file, Palette palette) const {
  std::string text;
  for (auto row = cells_.begin(); row != cells_.end(); row += columns_) {
    auto end = row + columns_;
    while (end != row && is_blank(*std::prev(end))) --end;
    std::optional<Colour> colour, ground;
    for (auto cell = row; cell != end; ++cell) {
      if (palette != Palette::none && cell->colour != colour) text += escape(38, colour = cell->colour, palette);
      if (palette != Palette::none && cell->ground != ground) text += escape(48, ground = cell->ground, palette);
      append_utf8(text, cell->glyph);
    }
    if (colour || ground) text += "\x1b[0m";
    text += '\n';
  }
  std::fwrite(text.data(), 1, text.size(), file);
}

int columns_of(std::string_view text) { return static_cast<int>(code_points(text).size()); }

std::string cut(const std::string& text, int columns) {
  const std::u32string all = code_points(text);
  if (static_cast<int>(all.size()) <= columns) return text;
  std::string result;
  for (int k = 0; k < columns - 3; ++k) append_utf8(result, all[static_cast<std::size_t>(k)]);
  return result + "...";
}

}  // namespace fuseval::tools

// What the place where a picture is printed can show.
#pragma once

#include <cstdio>
#include <string_view>

namespace fuseval::tools {

enum class Palette { none, colours_256, rgb };

struct Terminal {
  int columns = 80;
  int rows = 24;
  bool has_unicode = false;
  Palette palette = Palette::none;
  bool has_sixels = false;
  int cell_width = 10;  ///< pixels of a character
  int cell_height = 20;
};

/// Reads, in this order: FUSEVAL_TERMINAL (ascii, mono, 256, rgb or sixel: no question is asked), the locale's
/// variables, NO_COLOR, COLORTERM and TERM; the size from the terminal, or COLUMNS. A terminal is asked whether it
/// draws sixels (primary device attributes) and has half a second to answer. Error(FV_ERROR_ARGUMENT): FUSEVAL_TERMINAL
/// is none of these words.
Terminal terminal_of(std::FILE* file);

/// Does an answer to the request for primary device attributes, "ESC [ ? 62 ; 4 ; … c", have sixels (4) in it?
bool tells_of_sixels(std::string_view answer);

}  // namespace fuseval::tools

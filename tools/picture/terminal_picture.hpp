// A picture on a terminal or in a text.
#pragma once

#include <cstdio>

#include "tools/picture/picture.hpp"

namespace fuseval::tools {

/// Sixels where the terminal has them, else characters. Sizes and texts of the options have been checked.
void print_in_terminal(std::FILE* file, const Plotted& plotted, const PictureOptions& options);

}  // namespace fuseval::tools

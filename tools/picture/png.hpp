// PNG files, by libpng.
#pragma once

#include <string>

#include "tools/picture/pixels.hpp"

namespace fuseval::tools {

/// The bytes of a file of 8 bits a channel.
std::string png_of(const Pixels& pixels);

}  // namespace fuseval::tools

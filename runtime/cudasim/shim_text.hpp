// The texts of shim/ as strings, made by CMake from the files.
#pragma once

namespace fuseval::runtime::cudasim {

extern const char* const shim_text;

}  // namespace fuseval::runtime::cudasim

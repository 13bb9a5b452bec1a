#include "runtime/hdf5_name.hpp"

#include <string_view>

namespace fuseval::runtime {
namespace {

bool ends_as_hdf5(std::string_view file) {
  for (const std::string_view ending : {".h5", ".hdf5", ".he5"})
    if (file.size() > ending.size() && file.ends_with(ending)) return true;
  return false;
}

}  // namespace

std::optional<Hdf5Name> hdf5_name(const std::string& text) {
  // The first such colon: datasets have colons in their names more often than files have.
  for (size_t colon = text.find(':'); colon != std::string::npos; colon = text.find(':', colon + 1))
    if (ends_as_hdf5(std::string_view(text).substr(0, colon)))
      return Hdf5Name{text.substr(0, colon), text.substr(colon + 1)};
  if (ends_as_hdf5(text)) return Hdf5Name{text, ""};
  return std::nullopt;
}

}  // namespace fuseval::runtime

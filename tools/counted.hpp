// Counts in messages.
#pragma once

#include <concepts>
#include <string>

namespace fuseval::tools {

/// "1 byte", "2 bytes": for nouns whose plural is formed by an s.
std::string counted(std::integral auto number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace fuseval::tools

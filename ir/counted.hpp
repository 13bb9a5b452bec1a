// Counts in messages and listings.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace fuseval {

/// "1 byte", "2 bytes": for nouns whose plural is formed by an s.
std::string counted(std::integral auto number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace fuseval

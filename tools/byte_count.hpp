// Amounts of memory as people write them: 500M, 2G.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuseval::tools {

/// A whole number from 1 on, with K, M, G or T for powers of 1024. nullopt: it is no such thing, or too large.
std::optional<int64_t> byte_count_of(std::string_view text);

/// The shortest such text.
std::string byte_count_text(int64_t bytes);

}  // namespace fuseval::tools

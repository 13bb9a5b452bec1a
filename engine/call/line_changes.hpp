// The difference between two texts, line by line.
#pragma once

#include <string>
#include <string_view>

namespace fuseval::engine {

/// The lines that were removed ("- …") and added ("+ …"), by a longest common subsequence; "(no change)\n" if there are
/// none. Texts whose differing parts have more than 4 million pairs of lines are shown as removed and added altogether.
std::string line_changes(std::string_view before, std::string_view after);

}  // namespace fuseval::engine

// What `fuseval explain --stage` and :explain can show.
#pragma once

#include <array>
#include <string_view>

namespace fuseval::tools {

inline constexpr std::array<std::string_view, 9> stages = {"types", "ast",  "graph",  "loops", "llvm",
                                                           "asm",   "cuda", "device", "plan"};

}  // namespace fuseval::tools

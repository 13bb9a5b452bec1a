// What `fuseval explain --stage` and :explain can show.
#pragma once

#include <array>
#include <string_view>

namespace fuseval::tools {

inline constexpr std::array<std::string_view, 19> stages = {
    "types", "hints",   "ast",      "graph", "loops", "llvm",  "asm",      "cuda",  "device", "plan",
    "bind",  "results", "simplify", "fuse",  "lower", "chain", "collapse", "place", "trace"};

/// What `fuseval explain` shows beside them: for ranks that are not there.
inline constexpr std::string_view distributed_stage = "distributed";

}  // namespace fuseval::tools

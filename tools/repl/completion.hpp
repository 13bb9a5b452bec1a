// What a TAB offers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/repl/workspace.hpp"

namespace fuseval::tools {

struct Completion {
  size_t begin = 0;                ///< where the word that is completed begins; it ends where the line does
  std::vector<std::string> words;  ///< all that it can become, sorted
  std::string tail;                ///< what follows a word that is the only one: " ", or nothing
};

/// For the line up to the cursor: commands, names, words of the language, settings, files of the folder.
Completion complete(std::string_view line, const Workspace& workspace);

}  // namespace fuseval::tools

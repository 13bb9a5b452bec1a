// Text that was copied from a session: with the prompts of Python, IPython or this REPL in front of its lines.
#pragma once

#include <string>
#include <string_view>

namespace fuseval::tools {

/// The text without them, if its first line has one (`>>> `, `In [3]: `, `> `). Lines without a prompt are then what
/// was printed, and are left out, unless an open bracket wants them. Any other text is returned as it is.
std::string without_prompts(std::string_view text);

}  // namespace fuseval::tools

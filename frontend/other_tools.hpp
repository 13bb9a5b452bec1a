// What people write who come from other tools, and what this language has in its place.
#pragma once

#include <string>
#include <string_view>

namespace fuseval::frontend {

/// "; the natural logarithm is log(x)" for the end of a message about a name that is not known, or "". It may be of
/// another language (ln, iif, true), or one of NumPy's that this version lacks (log10, stack).
std::string write_instead(std::string_view name);

}  // namespace fuseval::frontend

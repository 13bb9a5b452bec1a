// What the language or NumPy has and this version lacks: known by name, so that nobody hears that it does not exist.
#pragma once

#include <string>
#include <string_view>

#include "ir/error.hpp"

namespace fuseval::frontend {

/// "`sort` is part of NumPy but not available in this version"; "" for a name that is nothing. Neither looks at what
/// this version has.
std::string why_unavailable(std::string_view function);
/// The same for a name in np.linalg, and for a method or an attribute of arrays.
std::string why_unavailable_in_linalg(std::string_view name);
std::string why_unavailable_attribute(std::string_view name);

/// Throws Error(unsupported), unless there is no reason.
void refuse_unavailable(const std::string& reason, Span span);

}  // namespace fuseval::frontend

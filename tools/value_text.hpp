// Values that no array is: Python's tuples of numbers, and dtypes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// "(1000, 3)": the values of a tuple on one line as Python prints it, if all of them are Python numbers, as those of
/// a.shape are. nullopt: one is an array or a NumPy scalar.
std::optional<std::string> python_tuple(const std::vector<View>& values);

/// The dtype's name if that is what the text stands for, as a.dtype does: such a text cannot be evaluated. nullopt:
/// another text, or one that is wrong.
std::optional<std::string> dtype_value(const Session& session, std::string_view text, const Bindings& bindings);

}  // namespace fuseval::tools

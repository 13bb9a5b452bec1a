// Help on what is written with signs and keywords: + and, [] …
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fuseval::frontend {

/// Two lines or more, as help() has them: how the operator is written, and indented what it does. Empty if `sign` is no
/// operator.
std::optional<std::string> operator_help(std::string_view sign);

}  // namespace fuseval::frontend

// What the command says on standard error.
#pragma once

#include <string>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// "fuseval: error: …", and the caret picture when the error has a place. In colour on a terminal, unless NO_COLOR is
/// set.
void report(const Error& error);
void report_message(const std::string& message);

}  // namespace fuseval::tools

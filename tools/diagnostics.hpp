// What the command says on standard error.
#pragma once

#include <string>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// "fuseval: error: …", and the caret picture when the error has a place. In colour on a terminal, unless NO_COLOR is
/// set. `source`: what to put before "error:" instead.
void report(const Error& error, const std::string& source = "fuseval: ");
void report_message(const std::string& message, const std::string& source = "fuseval: ");

/// "fuseval: hint: …", and the caret picture.
void report(const Hint& hint, const std::string& source = "fuseval: ");

/// An error in a text of which the library was given a part: the rest was blanked out, a space for each code point. The
/// picture shows `whole`, the line that the text begins in.
void report_in_line(const Error& error, const std::string& whole, const std::string& source);

}  // namespace fuseval::tools

// The commands, given their arguments. They print to standard output and throw UsageError or Error.
#pragma once

#include "tools/arguments.hpp"

namespace fuseval::tools {

void run_eval(const Arguments& arguments);
void run_explain(const Arguments& arguments);
void run_info();

}  // namespace fuseval::tools

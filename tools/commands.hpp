// The commands, given their arguments. They print to standard output and throw UsageError or Error.
#pragma once

#include "fuseval/fuseval.hpp"
#include "tools/arguments.hpp"

namespace fuseval::tools {

/// world: the ranks that carry it out together, of which the first prints; or nullptr.
void run_eval(const Arguments& arguments, const World* world = nullptr);
void run_explain(const Arguments& arguments);
void run_info();

}  // namespace fuseval::tools

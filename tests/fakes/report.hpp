// What the fakes say to programs that cannot reach their controls: from environment variables, and at the end.
#pragma once

#include <cstdint>
#include <string>

namespace fake {

/// "" when it is not set.
std::string environment(const char* name);
uint64_t number_of_environment(const char* name, uint64_t otherwise);

/// Where FUSEVAL_FAKE_REPORT is set: a line "who: counts, 1 leaks, 2 violations", then "who: leak: …" and
/// "who: violation: …" for each line of the two. On the standard error, or where the variable's value has a slash in
/// it, at the end of that file.
void report(const std::string& who, const std::string& counts, const std::string& leaks, const std::string& violations);

}  // namespace fake

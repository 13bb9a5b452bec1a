// Environment variables.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace fuseval::runtime {

/// The variable's value; none when it is not set, and in programs with more rights than their user (set-user-id), which
/// must not load what that user names.
inline std::optional<std::string> environment_value(const char* name) {
  const char* value = secure_getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// The same, with "" for none.
inline std::string environment(const char* name) { return environment_value(name).value_or(""); }

}  // namespace fuseval::runtime

// Environment variables for the time of a test.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

class EnvironmentVariables {
 public:
  EnvironmentVariables() = default;
  ~EnvironmentVariables() {
    for (auto it = before_.rbegin(); it != before_.rend(); ++it) write(it->first, it->second);
  }
  EnvironmentVariables(const EnvironmentVariables&) = delete;
  EnvironmentVariables& operator=(const EnvironmentVariables&) = delete;

  /// nullopt: not set.
  void set(const char* name, const std::optional<std::string>& value) {
    const char* before = std::getenv(name);
    before_.emplace_back(name, before != nullptr ? std::optional<std::string>(before) : std::nullopt);
    write(name, value);
  }

 private:
  static void write(const char* name, const std::optional<std::string>& value) {
    value ? setenv(name, value->c_str(), 1) : unsetenv(name);
  }
  std::vector<std::pair<const char*, std::optional<std::string>>> before_;
};

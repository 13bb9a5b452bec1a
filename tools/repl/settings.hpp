// What :set changes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "tools/numpy_text.hpp"

namespace fuseval::tools {

struct Settings {
  static constexpr int64_t automatic = -1;

  int threads = 0;  ///< 0: as many as the process may use
  std::string device = "auto";
  int64_t memory_limit = automatic;  ///< bytes that one evaluation may take; 0: no limit
  int64_t time_limit = 0;            ///< milliseconds that one evaluation may take; 0: no limit
  PrintOptions print;                ///< but for the width of a line
  int line_width = automatic;        ///< characters of a printed line; automatic: the terminal's width
};

/// How arrays are printed now.
PrintOptions print_options(const Settings& settings);

/// A row of the table of settings.
struct Setting {
  std::string_view name;
  std::string_view values;  ///< what it takes, for help
  std::string_view summary;
  std::string (*get)(const Settings& settings);
  void (*set)(Settings& settings, const std::string& value);  ///< throws ReplError
};

std::span<const Setting> all_settings();
/// Throws ReplError with the nearest one.
const Setting& find_setting(const std::string& name);

/// Memory that the process may still take without being ended for it: what the system and the control group leave. 0:
/// not known.
int64_t available_memory();

}  // namespace fuseval::tools

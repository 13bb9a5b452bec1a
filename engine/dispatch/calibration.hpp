// Rates that were measured once, kept on disk for a machine and a device.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/dispatch/cost_model.hpp"

namespace fuseval::engine {

/// A line a rate, "memory_one 1.2e+10"; reading wants each of them, positive and finite, and nothing else.
std::string text_of(const CpuRates& rates);
std::string text_of(const DeviceRates& rates);
std::optional<CpuRates> cpu_rates(std::string_view text);
std::optional<DeviceRates> device_rates(std::string_view text);

/// What rates are kept under: fuseval's version, the processor as the compiler sees it and its threads; and the device.
std::string cpu_key(const std::string& processor, int threads);
std::string device_key(const std::string& cpu_key, const std::string& device);

/// Where rates are kept: the folder "calibration" of the caches (runtime::cache_folder), an entry for each key; where
/// that cannot be used, the process. Damaged and foreign entries are as good as none. Thread-safe, and safe among
/// processes: one of them measures while the others wait.
class Calibrations {
 public:
  static std::optional<std::string> find(const std::string& key);
  /// Of these readable texts, the kept one, or what make() returns, which is kept then. What make() throws goes
  /// through.
  static std::string find_or_make(const std::string& key, const std::function<bool(const std::string&)>& is_readable,
                                  const std::function<std::string()>& make);
};

}  // namespace fuseval::engine

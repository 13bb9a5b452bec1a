// The rates that device="auto" goes by, put where a session looks for them. (Apart from tests by the public headers,
// because these name things as the engine does.)
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace engine_test {

/// What a test says of the two; the device is fast beyond measure in all else.
struct Rates {
  double opening_seconds = 1e-12;
  double up = 1e15;    ///< bytes a second from memory that is not page-locked
  double down = 1e15;  ///< the same to the host
  double compile_seconds = 1e-12;
};

std::string cpu_text(const Rates& rates);
std::string device_text(const Rates& rates);
/// Of sessions with so many threads on this machine; the device is CUDA's first.
std::string cpu_key(int threads);
std::string device_key(int threads);
bool is_cpu_text(const std::string& text);
bool is_device_text(const std::string& text);

std::optional<std::string> kept(const std::string& key);
/// As Calibrations::find_or_make.
std::string kept_or_made(const std::string& key, const std::function<bool(const std::string&)>& is_readable,
                         const std::function<std::string()>& make);

}  // namespace engine_test

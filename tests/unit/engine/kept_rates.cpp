#include "kept_rates.hpp"

#include "codegen/llvm/kernel.hpp"
#include "engine/device/cuda_device.hpp"
#include "engine/dispatch/calibration.hpp"

namespace engine_test {

using namespace fuseval::engine;

std::string cpu_text(const Rates& rates) {
  CpuRates cpu;
  cpu.opening_seconds = rates.opening_seconds;
  return text_of(cpu);
}

std::string device_text(const Rates& rates) {
  DeviceRates device;
  device.speed = {1e15, 1e15, 1e15};
  device.up = rates.up;
  device.down = rates.down;
  device.up_pinned = device.down_pinned = 1e15;
  device.launch_seconds = device.wait_seconds = 1e-12;
  device.compile_seconds = rates.compile_seconds;
  return text_of(device);
}

std::string cpu_key(int threads) { return fuseval::engine::cpu_key(fuseval::codegen::target_description(), threads); }
std::string device_key(int threads) {
  return fuseval::engine::device_key(cpu_key(threads), open_cuda_device(0)->description());
}
bool is_cpu_text(const std::string& text) { return cpu_rates(text).has_value(); }
bool is_device_text(const std::string& text) { return device_rates(text).has_value(); }

std::optional<std::string> kept(const std::string& key) { return Calibrations::find(key); }
std::string kept_or_made(const std::string& key, const std::function<bool(const std::string&)>& is_readable,
                         const std::function<std::string()>& make) {
  return Calibrations::find_or_make(key, is_readable, make);
}

}  // namespace engine_test

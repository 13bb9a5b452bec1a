// In place of engine/device/cuda_device and simulated_device in a build with FUSEVAL_CUDA=OFF.
#include "engine/device/cuda_device.hpp"
#include "engine/device/simulated_device.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

constexpr const char* reason = "this fuseval is built without CUDA and its simulator (FUSEVAL_CUDA=OFF)";

[[noreturn]] void refuse() {
  throw Error(ErrorCode::unsupported, std::string(reason) + "; the CPU is there (device=\"cpu\")");
}

}  // namespace

std::unique_ptr<Device> open_cuda_device(int32_t) { refuse(); }
int cuda_device_count() { return 0; }
std::string cuda_information() { return std::string("device cuda: not available: ") + reason + "\n"; }

std::unique_ptr<Device> open_simulated_device() { refuse(); }
std::string simulator_description() { return std::string("not available: ") + reason; }

}  // namespace fuseval::engine

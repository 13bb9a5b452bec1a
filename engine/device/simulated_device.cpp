#include "engine/device/simulated_device.hpp"

#include <cstdlib>

#include "ir/error.hpp"
#include "runtime/cudasim/joint_compiler.hpp"
#include "runtime/cudasim/simulator.hpp"

namespace fuseval::engine {
namespace {

namespace cudasim = runtime::cudasim;

struct SimulatedModule : DeviceModule {
  std::vector<cudasim::Function> functions;  ///< [entry]
};

uint64_t address_of(const char* memory) { return reinterpret_cast<uint64_t>(memory); }

uint64_t seed_of_environment() {
  const char* seed = std::getenv("FUSEVAL_CUDASIM_SEED");
  return seed == nullptr ? 0 : std::strtoull(seed, nullptr, 10);
}

class SimulatedDevice : public Device {
 public:
  std::vector<std::shared_ptr<const DeviceModule>> compile(std::span<const DeviceSource> sources) override {
    std::vector<cudasim::Source> texts;
    for (const DeviceSource& source : sources) texts.push_back({source.text, source.entries});
    std::vector<std::shared_ptr<const DeviceModule>> modules;
    for (std::vector<cudasim::Function>& functions : compiler_.compile(texts)) {
      auto module = std::make_shared<SimulatedModule>();
      module->functions = std::move(functions);
      modules.push_back(std::move(module));
    }
    return modules;
  }

  void launch(const DeviceModule& module, size_t entry, uint32_t grid, uint32_t block, std::span<const uint64_t> words,
              const std::string& program) override {
    cudasim::LaunchOptions options;
    options.seed = seed_;
    const auto& functions = static_cast<const SimulatedModule&>(module).functions;
    try {
      simulator_.launch(functions.at(entry), grid, block, 0, words, options);
    } catch (const Error& error) {
      throw Error(error.code(), error.message() + " (in '" + program + "')");
    }
  }

  char* allocate(size_t bytes) override { return reinterpret_cast<char*>(simulator_.allocate(bytes)); }
  // Refuses only what it never gave: a bug of ours, and no reason to end the process.
  void release(char* memory) noexcept override {
    try {
      simulator_.free(address_of(memory));
    } catch (const Error&) {
    }
  }
  void upload(char* to, const char* from, size_t bytes) override { simulator_.copy_in(address_of(to), from, bytes); }
  void download(char* to, const char* from, size_t bytes) override { simulator_.copy_out(to, address_of(from), bytes); }

 private:
  cudasim::Simulator simulator_;
  cudasim::JointCompiler compiler_;
  const uint64_t seed_ = seed_of_environment();
};

}  // namespace

std::unique_ptr<Device> open_simulated_device() { return std::make_unique<SimulatedDevice>(); }

std::string simulator_description() {
  try {
    return "available, compiles with " + cudasim::host_compiler();
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace fuseval::engine

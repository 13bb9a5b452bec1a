#include "engine/device/simulated_device.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "ir/error.hpp"
#include "runtime/cudasim/joint_compiler.hpp"
#include "runtime/cudasim/simulator.hpp"

namespace fuseval::engine {
namespace {

namespace cudasim = runtime::cudasim;

struct SimulatedFunction : DeviceFunction {
  SimulatedFunction(cudasim::Function kernel, std::string text)
      : function(std::move(kernel)), program(std::move(text)) {}
  const cudasim::Function function;
  const std::string program;
};

struct SimulatedModule : DeviceModule {
  std::shared_ptr<DeviceFunction> function(size_t entry, const std::string& program) const override {
    return std::make_shared<SimulatedFunction>(functions.at(entry), program);
  }
  std::vector<cudasim::Function> functions;  ///< [entry]
};

uint64_t address_of(const char* memory) { return reinterpret_cast<uint64_t>(memory); }

uint64_t seed_of_environment() {
  const char* seed = std::getenv("FUSEVAL_CUDASIM_SEED");
  return seed == nullptr ? 0 : std::strtoull(seed, nullptr, 10);
}

using SharedSimulator = std::shared_ptr<cudasim::Simulator>;

class SimulatedMemory : public DeviceMemory {
 public:
  SimulatedMemory(SharedSimulator simulator, size_t bytes)
      : DeviceMemory(reinterpret_cast<char*>(simulator->allocate(bytes)), bytes), simulator_(std::move(simulator)) {}
  // Refuses only what it never gave: a bug of ours, and no reason to end the process.
  ~SimulatedMemory() override {
    try {
      simulator_->free(address_of(data()));
    } catch (const Error&) {
    }
  }

 private:
  const SharedSimulator simulator_;
};

class HostMemory : public DeviceMemory {
 public:
  explicit HostMemory(size_t bytes) : DeviceMemory(new char[bytes], bytes) {}
  ~HostMemory() override { delete[] data(); }
};

struct NoContext : DeviceContext {
  void call(const std::function<void()>& f) override { f(); }
};

struct SimulatedEvent : DeviceEvent {
  void synchronize() override {}
};

/// Does everything at once.
class SimulatedQueue : public DeviceQueue {
 public:
  explicit SimulatedQueue(SharedSimulator simulator) : simulator_(std::move(simulator)) {}

  void launch(DeviceFunction& function, uint32_t grid, uint32_t block, std::span<const uint64_t> words) override {
    const auto& kernel = static_cast<const SimulatedFunction&>(function);
    cudasim::LaunchOptions options;
    options.seed = seed_;
    try {
      simulator_->launch(kernel.function, grid, block, 0, words, options);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{} (in '{}')", error.message(), kernel.program));
    }
  }
  void upload(char* to, const char* from, size_t bytes) override { simulator_->copy_in(address_of(to), from, bytes); }
  void download(char* to, const char* from, size_t bytes) override {
    simulator_->copy_out(to, address_of(from), bytes);
  }
  void write_word(char* to, uint64_t word) override { simulator_->copy_in(address_of(to), &word, sizeof word); }
  void copy(char* to, const char* from, size_t bytes) override {
    const HostMemory between(bytes);
    download(between.data(), from, bytes);
    upload(to, between.data(), bytes);
  }
  void wait_for(DeviceQueue&) override {}
  std::unique_ptr<DeviceEvent> record() override { return std::make_unique<SimulatedEvent>(); }
  void wait_for(const DeviceEvent&) override {}
  void synchronize() override {}
  void settle() noexcept override {}
  void* native() const override { return nullptr; }

 private:
  const SharedSimulator simulator_;
  const uint64_t seed_ = seed_of_environment();
};

class SimulatedDevice : public Device {
 public:
  Place place() const override { return {DeviceKind::cudasim, 0}; }
  std::string description() const override { return "simulator"; }
  bool is_pinned(const char*) override { return false; }
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
  DeviceQueue& queue() override { return queue_; }
  std::unique_ptr<DeviceQueue> open_queue() override { return std::make_unique<SimulatedQueue>(simulator_); }
  std::unique_ptr<DeviceQueue> borrow_queue(void*) override {
    throw Error(ErrorCode::argument, "the simulator has no streams; give NULL");
  }
  std::unique_ptr<DeviceMemory> allocate(size_t bytes) override {
    return std::make_unique<SimulatedMemory>(simulator_, bytes);
  }
  std::unique_ptr<DeviceMemory> allocate_shareable(size_t bytes) override { return allocate(bytes); }
  std::unique_ptr<DeviceMemory> allocate_pinned(size_t bytes) override { return std::make_unique<HostMemory>(bytes); }
  size_t free_bytes() override { return SIZE_MAX; }
  std::shared_ptr<DeviceContext> context() override { return std::make_shared<NoContext>(); }
  std::shared_ptr<void> on_memory_pressure(std::function<void()>) override { return nullptr; }
  std::string why_not_memory_here(const char* data, size_t bytes) override {
    return simulator_->owns(address_of(data), bytes) ? "" : "is not the simulated device's, or was freed";
  }

 private:
  const SharedSimulator simulator_ = std::make_shared<cudasim::Simulator>();
  SimulatedQueue queue_{simulator_};
  cudasim::JointCompiler compiler_;
};

}  // namespace

std::unique_ptr<Device> open_simulated_device() {
  static_cast<void>(cudasim::host_compiler());  // without one there is no device: said now, not by the first program
  return std::make_unique<SimulatedDevice>();
}

std::string simulator_description() {
  try {
    return "available, compiles with " + cudasim::host_compiler();
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace fuseval::engine

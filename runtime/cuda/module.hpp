// Compiled kernels on a device, and their launch.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "runtime/cuda/device.hpp"
#include "runtime/cuda/launch_log.hpp"
#include "runtime/cuda/stream.hpp"

namespace fuseval::runtime::cuda {

/// Bytes of arguments that a launch takes at most; beyond it the words lie in device memory and their address is the
/// argument (docs/gpu.md). Drivers before 12.1 and devices before sm_70 take 4096.
inline constexpr size_t most_argument_bytes = 4000;

class Module;

/// A kernel of a module that is loaded; the module keeps it.
class Function {
 public:
  const KernelLabel& label() const { return *label_; }
  /// Registers a thread, bytes of local memory a thread (spills and arrays), threads a block at most.
  int registers() const { return attribute(FunctionAttribute::num_regs); }
  int local_bytes() const { return attribute(FunctionAttribute::local_size_bytes); }
  int threads_per_block() const { return attribute(FunctionAttribute::max_threads_per_block); }

 private:
  friend class Module;
  friend void launch(Function&, unsigned, unsigned, unsigned, std::span<const uint64_t>, Stream&);
  Function(Device& device, FunctionHandle handle, std::shared_ptr<const KernelLabel> label)
      : device_(device), handle_(handle), label_(std::move(label)) {}
  int attribute(FunctionAttribute attribute) const;
  void allow_shared(unsigned bytes);

  Device& device_;  // the module's
  const FunctionHandle handle_;
  const std::shared_ptr<const KernelLabel> label_;
  std::atomic<unsigned> shared_allowed_{48 * 1024};  // what every device grants without asking
};

/// Thread-safe. Unloaded when destroyed, after the device has finished what may still run its kernels.
class Module {
 public:
  /// Loads a cubin, or PTX (ending in NUL), which the driver compiles. `program` is what messages call it by. Errors:
  /// device, with the driver's log.
  static std::shared_ptr<Module> load(std::shared_ptr<Device> device, const std::string& image, std::string program);
  /// The same; but where the image is not for this device or driver (another arch, PTX too new, no image at all)
  /// nullptr, with the driver's words in `reason`.
  static std::shared_ptr<Module> load_if_fit(std::shared_ptr<Device> device, const std::string& image,
                                             std::string program, std::string& reason);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// The kernel of this name, which lives as long as the module. Error(internal) if there is none.
  Function& function(const std::string& name);

  const std::string& program() const { return program_; }

 private:
  Module(std::shared_ptr<Device> device, ModuleHandle handle, std::string program)
      : device_(std::move(device)), handle_(handle), program_(std::move(program)) {}

  const std::shared_ptr<Device> device_;
  const ModuleHandle handle_;
  const std::string program_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Function>, std::less<>> functions_;
};

/// Enqueues the kernel: `grid` blocks of `block` threads, with `shared_bytes` of dynamic shared memory, and the words
/// as its only parameter (a struct of 8-byte words, copied before this returns). The module must live until the work is
/// done. Errors: internal (no blocks, too many threads or words), device.
void launch(Function& function, unsigned grid, unsigned block, unsigned shared_bytes, std::span<const uint64_t> words,
            Stream& stream);

}  // namespace fuseval::runtime::cuda

// Compiled kernels on a device, and their launch.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
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

/// A kernel of a loaded module, which it keeps. Thread-safe. It must live until what it was launched for is done.
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
  Function(std::shared_ptr<Module> module, FunctionHandle handle, KernelLabel label)
      : module_(std::move(module)), handle_(handle), label_(std::make_shared<const KernelLabel>(std::move(label))) {}
  int attribute(FunctionAttribute attribute) const;
  void allow_shared(unsigned bytes);

  const std::shared_ptr<Module> module_;
  const FunctionHandle handle_;
  const std::shared_ptr<const KernelLabel> label_;
  std::atomic<unsigned> shared_allowed_{48 * 1024};  // what every device grants without asking
};

/// Thread-safe. Unloaded when destroyed, after the device has finished what may still run its kernels.
class Module : public std::enable_shared_from_this<Module> {
 public:
  /// Loads a cubin, or PTX (ending in NUL), which the driver compiles. `name` is what messages call it by. Errors:
  /// device, with the driver's log.
  static std::shared_ptr<Module> load(std::shared_ptr<Device> device, const std::string& image,
                                      const std::string& name);
  /// The same; but where the image is not for this device or driver (another arch, PTX too new, no image at all)
  /// nullptr, with the driver's words in `reason`.
  static std::shared_ptr<Module> load_if_fit(std::shared_ptr<Device> device, const std::string& image,
                                             const std::string& name, std::string& reason);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// The kernel of this name, for launches on behalf of `program`, a text that messages show. Error(internal) if there
  /// is no such kernel.
  std::shared_ptr<Function> function(const std::string& kernel, std::string program);

  Device& device() const { return *device_; }

 private:
  Module(std::shared_ptr<Device> device, ModuleHandle handle) : device_(std::move(device)), handle_(handle) {}

  const std::shared_ptr<Device> device_;
  const ModuleHandle handle_;
};

/// Enqueues the kernel: `grid` blocks of `block` threads, with `shared_bytes` of dynamic shared memory, and the words
/// as its only parameter (a struct of 8-byte words, copied before this returns). Errors: internal (no blocks, too many
/// threads or words), device.
void launch(Function& function, unsigned grid, unsigned block, unsigned shared_bytes, std::span<const uint64_t> words,
            Stream& stream);

}  // namespace fuseval::runtime::cuda

// A device as the engine sees it: memory of its own, and CUDA C++ text that it compiles and runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fuseval::engine {

/// A CUDA C++ text and the names of its kernels (extern "C").
struct DeviceSource {
  std::string text;
  std::vector<std::string> entries;
};

/// A text that a device has compiled.
class DeviceModule {
 public:
  virtual ~DeviceModule() = default;
};

/// Thread-safe, but for one's own memory: the caller orders what uses it. Everything throws Error that names the
/// device.
class Device {
 public:
  virtual ~Device() = default;

  /// One module a source, in their order.
  virtual std::vector<std::shared_ptr<const DeviceModule>> compile(std::span<const DeviceSource> sources) = 0;
  /// After everything that this thread has asked for before. entry: of the module's source. words: the kernel's one
  /// parameter, a struct of 8-byte words. Errors name the program.
  virtual void launch(const DeviceModule& module, size_t entry, uint32_t grid, uint32_t block,
                      std::span<const uint64_t> words, const std::string& program) = 0;

  /// At least 256-byte aligned. bytes > 0.
  virtual char* allocate(size_t bytes) = 0;
  virtual void release(char* memory) noexcept = 0;
  virtual void upload(char* to, const char* from, size_t bytes) = 0;
  /// Waits for what this thread has launched before.
  virtual void download(char* to, const char* from, size_t bytes) = 0;
};

/// Device memory that is given back at the end of its scope. Movable.
class DeviceBlock {
 public:
  DeviceBlock() = default;
  DeviceBlock(Device& device, size_t bytes) : device_(&device), data_(bytes > 0 ? device.allocate(bytes) : nullptr) {}
  DeviceBlock(DeviceBlock&& other) noexcept { swap(other); }
  DeviceBlock& operator=(DeviceBlock&& other) noexcept {
    swap(other);
    return *this;
  }
  ~DeviceBlock() {
    if (data_ != nullptr) device_->release(data_);
  }
  char* data() const { return data_; }

 private:
  void swap(DeviceBlock& other) {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
  }
  Device* device_ = nullptr;
  char* data_ = nullptr;
};

}  // namespace fuseval::engine

// A nest on the simulated device: its arrays in the device's memory, and launches of its kernels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../nest_builder.hpp"
#include "codegen/cuda/kernel.hpp"
#include "runtime/cudasim/simulator.hpp"

namespace fuseval::test {

/// A nest's sizes, strides and pointers as kernels take them.
class NestArguments {
 public:
  /// buffers: what Operand::buffer indexes.
  NestArguments(const LoopNest& nest, std::span<char* const> buffers);
  codegen::KernelArguments get() const;

 private:
  std::vector<char*> pointers_;
  std::vector<int64_t> strides_, extents_, offsets_;
  std::vector<uint64_t> constants_;
};

/// A text and its kernels, compiled: as CudaKernel::entries has them.
struct CompiledKernel {
  const codegen::CudaKernel* kernel = nullptr;
  std::vector<runtime::cudasim::Function> functions;
};

/// Compiles texts together, for several hands at a time.
std::vector<CompiledKernel> compile_all(std::span<const codegen::CudaKernel> kernels);

/// Device memory for a scope.
class DeviceBytes {
 public:
  DeviceBytes(runtime::cudasim::Simulator& device, size_t bytes, size_t alignment);
  DeviceBytes(DeviceBytes&& other) noexcept : device_(other.device_), address_(std::exchange(other.address_, 0)) {}
  DeviceBytes& operator=(DeviceBytes&&) = delete;
  ~DeviceBytes() { device_.free(address_); }
  char* data() const { return reinterpret_cast<char*>(address_); }
  uint64_t address() const { return address_; }

 private:
  runtime::cudasim::Simulator& device_;
  uint64_t address_;
};

/// The builder must live on. Its arrays are copied to the device, aligned as they are on the host.
class DeviceNest {
 public:
  DeviceNest(runtime::cudasim::Simulator& device, NestBuilder& builder);

  NestArguments arguments() const;
  /// Errors of the simulator pass through.
  void run(const CompiledKernel& compiled, const runtime::cudasim::LaunchOptions& options) const;
  void launch(const CompiledKernel& compiled, const codegen::CudaLaunch& launch,
              const runtime::cudasim::LaunchOptions& options) const;
  /// As NestBuilder::outputs.
  std::string outputs() const;

 private:
  runtime::cudasim::Simulator& device_;
  NestBuilder& builder_;
  std::vector<DeviceBytes> arrays_;
};

}  // namespace fuseval::test

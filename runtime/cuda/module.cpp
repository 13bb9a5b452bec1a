#include "runtime/cuda/module.hpp"

#include <fmt/format.h>

#include <array>

namespace fuseval::runtime::cuda {
namespace {

/// Errors that mean: this image is not for this device and driver.
bool does_not_fit(Result result) {
  return result == Result::no_binary_for_gpu || result == Result::unsupported_ptx_version ||
         result == Result::invalid_image || result == Result::invalid_ptx || result == Result::jit_compiler_not_found;
}

struct Loaded {
  Result result = Result::success;
  ModuleHandle handle = nullptr;
  std::string log;  ///< the driver's first complaint, ": …", or ""
};

Loaded load_image(Device& device, const std::string& image) {
  const ContextScope scope(device);
  Loaded loaded;
  std::array<char, 4096> log{};
  std::array options{JitOption::error_log_buffer, JitOption::error_log_buffer_size_bytes};
  // Sizes are passed in the bits of the pointer.
  std::array<void*, 2> values{log.data(), reinterpret_cast<void*>(log.size() - 1)};
  loaded.result = device.api().module_load(&loaded.handle, image.data(), options.size(), options.data(), values.data());
  if (log[0] != '\0') loaded.log = fmt::format(": {}", log.data());
  while (loaded.log.ends_with('\n')) loaded.log.pop_back();
  return loaded;
}

}  // namespace

std::shared_ptr<Module> Module::load(std::shared_ptr<Device> device, const std::string& image,
                                     const std::string& name) {
  std::string reason;
  auto module = load_if_fit(std::move(device), image, name, reason);
  if (!module) throw Error(ErrorCode::device, fmt::format("loading {}: {}", name, reason));
  return module;
}

std::shared_ptr<Module> Module::load_if_fit(std::shared_ptr<Device> device, const std::string& image,
                                            const std::string& name, std::string& reason) {
  const Loaded loaded = load_image(*device, image);
  if (does_not_fit(loaded.result)) {
    reason = device->driver().describe(loaded.result) + loaded.log;
    return nullptr;
  }
  if (loaded.result != Result::success) device->check(loaded.result, fmt::format("loading {}{}", name, loaded.log));
  return std::shared_ptr<Module>(new Module(std::move(device), loaded.handle));
}

Module::~Module() {
  // The driver does not say what becomes of kernels that run while their code is unloaded.
  device_->release("waiting for the device", [&] { return device_->api().ctx_synchronize(); });
  device_->release("unloading kernels", [&] { return device_->api().module_unload(handle_); });
}

std::shared_ptr<Function> Module::function(const std::string& kernel, std::string program) {
  const ContextScope scope(*device_);
  FunctionHandle handle = nullptr;
  const Result result = device_->api().module_get_function(&handle, handle_, kernel.c_str());
  if (result == Result::not_found) throw Error(ErrorCode::internal, fmt::format("there is no kernel \"{}\"", kernel));
  device_->check(result, fmt::format("looking up kernel \"{}\"", kernel));
  return std::shared_ptr<Function>(new Function(shared_from_this(), handle, {kernel, std::move(program)}));
}

int Function::attribute(FunctionAttribute attribute) const {
  Device& device = module_->device();
  const ContextScope scope(device);
  int value = 0;
  device.check(device.api().func_get_attribute(&value, attribute, handle_), "reading a kernel's properties");
  return value;
}

void Function::allow_shared(unsigned bytes) {
  if (bytes <= shared_allowed_.load(std::memory_order_acquire)) return;
  Device& device = module_->device();
  device.check(device.api().func_set_attribute(handle_, FunctionAttribute::max_dynamic_shared_size_bytes,
                                               static_cast<int>(bytes)),
               fmt::format("asking for {} bytes of shared memory for kernel \"{}\"", bytes, label_->kernel));
  shared_allowed_.store(bytes, std::memory_order_release);
}

void launch(Function& function, unsigned grid, unsigned block, unsigned shared_bytes, std::span<const uint64_t> words,
            Stream& stream) {
  Device& device = stream.device();
  size_t bytes = words.size_bytes();
  if (&device != &function.module_->device())
    throw Error(ErrorCode::internal, "a launch on a stream of another device");
  if (grid < 1 || grid > INT32_MAX || block < 1 || block > static_cast<unsigned>(device.properties().threads_per_block))
    throw Error(ErrorCode::internal, fmt::format("a launch of {} blocks of {} threads", grid, block));
  if (bytes > most_argument_bytes)
    throw Error(ErrorCode::internal, fmt::format("a launch with {} bytes of arguments", bytes));
  const ContextScope scope(device);
  function.allow_shared(shared_bytes);
  // The whole parameter in one block, with its size: the words are the kernel's Arguments.
  void* extra[] = {reinterpret_cast<void*>(launch_param_pointer), const_cast<uint64_t*>(words.data()),
                   reinterpret_cast<void*>(launch_param_size), &bytes, reinterpret_cast<void*>(launch_param_end)};
  device.launches().add(stream.handle(), function.label_);
  const Result result = device.api().launch_kernel(function.handle_, grid, 1, 1, block, 1, 1, shared_bytes,
                                                   stream.handle(), nullptr, extra);
  if (result != Result::success)
    device.check(result,
                 fmt::format("launching kernel \"{}\" of \"{}\" ({} blocks of {} threads, {} bytes of shared memory)",
                             function.label_->kernel, function.label_->program, grid, block, shared_bytes));
}

}  // namespace fuseval::runtime::cuda

#include "engine/device/cuda_device.hpp"

#include <fmt/format.h>

#include <atomic>
#include <future>
#include <thread>

#include "codegen/cuda/kernel.hpp"
#include "ir/error.hpp"
#include "runtime/cuda/describe.hpp"
#include "runtime/cuda/device_buffer.hpp"
#include "runtime/cuda/device_properties.hpp"
#include "runtime/cuda/kernel_cache.hpp"

namespace fuseval::engine {
namespace {

namespace cuda = runtime::cuda;

cuda::DevicePointer pointer_of(const char* memory) { return reinterpret_cast<cuda::DevicePointer>(memory); }
char* memory_of(cuda::DevicePointer pointer) { return reinterpret_cast<char*>(pointer); }

struct CudaFunction : DeviceFunction {
  explicit CudaFunction(std::shared_ptr<cuda::Function> found) : function(std::move(found)) {}
  const std::shared_ptr<cuda::Function> function;
};

class CudaModule : public DeviceModule {
 public:
  CudaModule(std::shared_ptr<cuda::Module> module, std::vector<std::string> entries)
      : module_(std::move(module)), entries_(std::move(entries)) {}
  std::shared_ptr<DeviceFunction> function(size_t entry, const std::string& program) const override {
    return std::make_shared<CudaFunction>(module_->function(entries_.at(entry), program));
  }

 private:
  const std::shared_ptr<cuda::Module> module_;
  const std::vector<std::string> entries_;
};

class CudaMemory : public DeviceMemory {
 public:
  explicit CudaMemory(cuda::DeviceBuffer buffer)
      : DeviceMemory(memory_of(buffer.pointer()), buffer.size()), buffer_(std::move(buffer)) {}

 private:
  const cuda::DeviceBuffer buffer_;
};

class CudaPinnedMemory : public DeviceMemory {
 public:
  explicit CudaPinnedMemory(cuda::PinnedBuffer buffer)
      : DeviceMemory(buffer.data(), buffer.size()), buffer_(std::move(buffer)) {}

 private:
  const cuda::PinnedBuffer buffer_;
};

/// The primary context, current. Open MPI and UCX copy with the context that is: without any, UCX's copies fail with
/// "invalid device context" (openucx/ucx issue 4707), and Open MPI 4 makes the memory's current and leaves it so
/// (mca_common_cuda_is_gpu_buffer). All of our own calls bring theirs and take it away again.
class CudaContext : public DeviceContext {
 public:
  explicit CudaContext(std::shared_ptr<cuda::Device> device) : device_(std::move(device)) {}
  void call(const std::function<void()>& f) override {
    const cuda::ContextScope scope(*device_, std::nothrow);
    f();
  }

 private:
  const std::shared_ptr<cuda::Device> device_;
};

class CudaEvent : public DeviceEvent {
 public:
  CudaEvent(const std::shared_ptr<cuda::Device>& device, cuda::Stream& stream) : event(device) { event.record(stream); }
  void synchronize() override { event.synchronize(); }
  cuda::Event event;
};

class CudaQueue : public DeviceQueue {
 public:
  explicit CudaQueue(std::shared_ptr<cuda::Stream> stream) : stream_(std::move(stream)) {}

  void launch(DeviceFunction& function, uint32_t grid, uint32_t block, std::span<const uint64_t> words) override {
    cuda::launch(*static_cast<CudaFunction&>(function).function, grid, block, 0, words, *stream_);
  }
  void upload(char* to, const char* from, size_t bytes) override {
    stream_->copy_to_device({pointer_of(to), bytes}, from);
  }
  void download(char* to, const char* from, size_t bytes) override {
    stream_->copy_to_host(to, {pointer_of(from), bytes});
  }
  void write_word(char* to, uint64_t word) override {
    const auto low = static_cast<uint32_t>(word), high = static_cast<uint32_t>(word >> 32);
    if (low == high) return stream_->fill_words({pointer_of(to), 8}, low);
    stream_->fill_words({pointer_of(to), 4}, low);
    stream_->fill_words({pointer_of(to + 4), 4}, high);
  }
  void copy(char* to, const char* from, size_t bytes) override {
    stream_->copy_on_device({pointer_of(to), bytes}, {pointer_of(from), bytes});
  }
  void wait_for(DeviceQueue& other) override { stream_->wait_for(*static_cast<CudaQueue&>(other).stream_); }
  std::unique_ptr<DeviceEvent> record() override {
    return std::make_unique<CudaEvent>(stream_->shared_device(), *stream_);
  }
  void wait_for(const DeviceEvent& event) override { stream_->wait(static_cast<const CudaEvent&>(event).event); }
  void synchronize() override {
    try {
      stream_->synchronize();
    } catch (...) {
      stream_->settle();  // the wait itself may have failed
      throw;
    }
  }
  void settle() noexcept override { stream_->settle(); }
  void* native() const override { return stream_->handle(); }
  const std::shared_ptr<cuda::Stream>& stream() const { return stream_; }

 private:
  const std::shared_ptr<cuda::Stream> stream_;
};

class CudaDevice : public Device {
 public:
  CudaDevice(std::shared_ptr<cuda::Device> device, cuda::Compiler compiler)
      : device_(std::move(device)),
        kernels_(device_, std::move(compiler), cuda::kernels_on_disk()),
        queue_(cuda::Stream::create(device_)) {}

  Place place() const override { return {DeviceKind::cuda, device_->ordinal()}; }
  std::string description() const override {
    return fmt::format("{}, sm_{}, driver of CUDA {}", device_->properties().name, device_->properties().arch(),
                       device_->driver().version_text());
  }
  bool is_pinned(const char* data) override { return device_->is_pinned(data); }
  std::vector<std::shared_ptr<const DeviceModule>> compile(std::span<const DeviceSource> sources) override {
    std::vector<std::shared_ptr<const DeviceModule>> modules(sources.size());
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t k = next++; k < sources.size(); k = next++)
        modules[k] = std::make_shared<CudaModule>(kernels_.get(source_of(sources[k])), sources[k].entries);
    };
    // NVRTC takes some 50 ms a text and runs on several threads at a time. The futures wait, also for each other's
    // errors.
    std::vector<std::future<void>> helpers;
    const size_t threads = std::min<size_t>(sources.size(), std::max(std::thread::hardware_concurrency(), 1u));
    for (size_t k = 1; k < threads; ++k) helpers.push_back(std::async(std::launch::async, work));
    work();
    for (std::future<void>& helper : helpers) helper.get();
    return modules;
  }
  DeviceQueue& queue() override { return queue_; }
  std::unique_ptr<DeviceQueue> open_queue() override {
    return std::make_unique<CudaQueue>(cuda::Stream::create(device_));
  }
  std::unique_ptr<DeviceQueue> borrow_queue(void* native) override {
    return std::make_unique<CudaQueue>(cuda::Stream::borrow(device_, static_cast<cuda::StreamHandle>(native)));
  }
  std::unique_ptr<DeviceMemory> allocate(size_t bytes) override {
    return std::make_unique<CudaMemory>(cuda::DeviceBuffer(queue_.stream(), bytes));
  }
  // Memory of pools has no cuIpcGetMemHandle, by which MPI libraries copy between processes of a machine: Open MPI's
  // fails (JuliaGPU/CUDA.jl issue 1053), UCX before 1.14 takes it for the host's and crashes (kokkos issue 4228,
  // openucx/ucx issue 7194), and later ones go by way of a copy (rapidsai/ucx-py issue 892).
  std::unique_ptr<DeviceMemory> allocate_shareable(size_t bytes) override {
    return std::make_unique<CudaMemory>(cuda::DeviceBuffer(queue_.stream(), bytes, cuda::DeviceBuffer::Source::driver));
  }
  std::unique_ptr<DeviceMemory> allocate_pinned(size_t bytes) override {
    return std::make_unique<CudaPinnedMemory>(cuda::PinnedBuffer(device_, bytes));
  }
  size_t free_bytes() override { return device_->available_bytes(); }
  std::shared_ptr<DeviceContext> context() override { return std::make_shared<CudaContext>(device_); }
  std::shared_ptr<void> on_memory_pressure(std::function<void()> relief) override {
    return device_->on_memory_pressure([this, relief = std::move(relief)] {
      relief();
      kernels_.drop_unused();
    });
  }
  std::string why_not_memory_here(const char* data, size_t bytes) override {
    return device_->why_not_memory_here({pointer_of(data), bytes});
  }

 private:
  static cuda::KernelSource source_of(const DeviceSource& source) {
    const auto& options = codegen::cuda_compile_options;
    return {source.text, {std::begin(options), std::end(options)}, source.entries.front()};
  }

  const std::shared_ptr<cuda::Device> device_;
  cuda::KernelCache kernels_;
  CudaQueue queue_;
};

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::unsupported, fmt::format("CUDA is not available: {}; the CPU is (device=\"cpu\")", reason));
}

std::string availability(const cuda::Driver& driver, int ordinal, const cuda::Nvrtc* compiler) {
  if (compiler == nullptr) return "not available: see cuda compiler";
  try {
    const int arch = cuda::read_properties(driver, ordinal).arch();
    if (!cuda::targets_for(arch, compiler->archs()).empty()) return "available";
    return fmt::format("not available: sm_{} is older than what the cuda compiler knows", arch);
  } catch (const Error& error) {
    return fmt::format("not available: {}", error.message());
  }
}

std::string device_lines(const cuda::Installation& found) {
  if (!found.driver.driver) return "device cuda: not available: see cuda driver\n";
  const cuda::Driver& driver = *found.driver.driver;
  std::string text;
  for (int k = 0; k < driver.device_count(); ++k)
    text += fmt::format("device cuda:{}: {}\n", k, availability(driver, k, found.compiler.nvrtc.get()));
  return text;
}

}  // namespace

std::string cuda_information() {
  const cuda::Installation found = cuda::find_installation();
  return device_lines(found) + cuda::describe(found);
}

int cuda_device_count() {
  const cuda::DriverFound found = cuda::Driver::find();
  return found.driver ? found.driver->device_count() : 0;
}

std::unique_ptr<Device> open_cuda_device(int32_t ordinal) {
  const cuda::DriverFound found = cuda::Driver::find();
  if (!found.driver) refuse(found.reason);
  auto device = cuda::Device::open(found.driver, ordinal);
  const cuda::NvrtcFound compiler = cuda::Nvrtc::find(found.driver->version());
  if (!compiler.nvrtc) refuse(compiler.reason);
  return std::make_unique<CudaDevice>(std::move(device), cuda::compiler_of(compiler.nvrtc));
}

}  // namespace fuseval::engine

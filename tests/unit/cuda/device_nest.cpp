#include "device_nest.hpp"

#include <algorithm>
#include <atomic>
#include <future>

namespace fuseval::test {
namespace {

namespace cudasim = runtime::cudasim;

// So many that the shim's share of a run of the compiler is small, and few enough that both of two cores have some.
constexpr size_t texts_in_module = 100;
constexpr size_t vector_bytes = 16;

std::vector<CompiledKernel> compile_module(std::span<const codegen::CudaKernel> kernels) {
  std::vector<cudasim::Source> sources;
  for (const codegen::CudaKernel& kernel : kernels) {
    sources.push_back({kernel.text, {}});
    for (const codegen::CudaEntry& entry : kernel.entries) sources.back().kernels.push_back(entry.name);
  }
  const cudasim::Module module = cudasim::Module::compile(sources);
  std::vector<CompiledKernel> compiled;
  for (size_t k = 0; k < kernels.size(); ++k) {
    compiled.push_back({&kernels[k], {}});
    for (const std::string& name : sources[k].kernels) compiled.back().functions.push_back(module.function(k, name));
  }
  return compiled;
}

}  // namespace

NestArguments::NestArguments(const LoopNest& nest, std::span<char* const> buffers) {
  for (const Operand& operand : nest.operands) {
    pointers_.push_back(operand.kind == OperandKind::index ? nullptr : buffers[operand.buffer] + operand.offset);
    offsets_.push_back(operand.offset);
    strides_.insert(strides_.end(), operand.strides.begin(), operand.strides.end());
  }
  for (const Axis& axis : nest.axes) extents_.push_back(axis.extent);
  for (const Constant& constant : nest.constants) constants_.push_back(constant.bits);
}
codegen::KernelArguments NestArguments::get() const {
  return {pointers_.data(), strides_.data(), extents_.data(), constants_.data(), offsets_.data()};
}

std::vector<CompiledKernel> compile_all(std::span<const codegen::CudaKernel> kernels) {
  std::vector<CompiledKernel> compiled(kernels.size());
  const size_t modules = (kernels.size() + texts_in_module - 1) / texts_in_module;
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t m; (m = next++) < modules;) {
      const size_t first = m * texts_in_module, count = std::min(texts_in_module, kernels.size() - first);
      std::ranges::move(compile_module(kernels.subspan(first, count)),
                        compiled.begin() + static_cast<ptrdiff_t>(first));
    }
  };
  std::future<void> other = std::async(std::launch::async, work);
  work();
  other.get();
  return compiled;
}

DeviceBytes::DeviceBytes(cudasim::Simulator& device, size_t bytes, size_t alignment)
    : device_(device), address_(bytes > 0 ? device.allocate(bytes, alignment) : 0) {}

DeviceNest::DeviceNest(cudasim::Simulator& device, NestBuilder& builder) : device_(device), builder_(builder) {
  for (const NestBuilder::Memory& memory : builder.memories()) {
    const bool aligned = reinterpret_cast<uintptr_t>(memory.data) % vector_bytes == 0;
    arrays_.emplace_back(device, memory.bytes, aligned ? vector_bytes : 1);
    if (memory.bytes > 0) device.copy_in(arrays_.back().address(), memory.data, memory.bytes);
  }
}

NestArguments DeviceNest::arguments() const {
  std::vector<char*> buffers;
  const std::vector<NestBuilder::Memory> memories = builder_.memories();
  for (size_t k = 0; k < arrays_.size(); ++k) buffers.push_back(arrays_[k].data() + memories[k].origin);
  return NestArguments(builder_.nest, buffers);
}

void DeviceNest::run(const CompiledKernel& compiled, const cudasim::LaunchOptions& options) const {
  const NestArguments given = arguments();
  const auto bytes = static_cast<size_t>(cuda_scratch_bytes(*compiled.kernel, given.get().extents));
  const DeviceBytes scratch(device_, bytes, vector_bytes);
  for (const codegen::CudaLaunch& one : cuda_launches(*compiled.kernel, given.get(), scratch.data()))
    launch(compiled, one, options);
}

void DeviceNest::launch(const CompiledKernel& compiled, const codegen::CudaLaunch& launch,
                        const cudasim::LaunchOptions& options) const {
  const cudasim::Function& function = compiled.functions[launch.entry];
  if (!compiled.kernel->words_in_memory)
    return device_.launch(function, launch.grid, launch.block, 0, launch.words, options);
  const size_t bytes = launch.words.size() * sizeof(uint64_t);
  const DeviceBytes words(device_, bytes, vector_bytes);
  device_.copy_in(words.address(), launch.words.data(), bytes);
  const uint64_t address = words.address();
  device_.launch(function, launch.grid, launch.block, 0, {&address, 1}, options);
}

std::string DeviceNest::outputs() const {
  const std::vector<NestBuilder::Memory> memories = builder_.memories();
  for (size_t k = 0; k < arrays_.size(); ++k)
    if (memories[k].is_output && memories[k].bytes > 0)
      device_.copy_out(memories[k].data, arrays_[k].address(), memories[k].bytes);
  return builder_.outputs();
}

}  // namespace fuseval::test

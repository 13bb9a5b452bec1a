#include "engine/device/device_program.hpp"

#include <algorithm>
#include <array>

namespace fuseval::engine {
namespace {

/// A nest with addresses.
struct Job {
  Job(const LoopNest& made_of, char* const* buffers) : nest(&made_of), prepared(prepare(made_of, nullptr)) {
    pointers.resize(prepared.bases.size());
    fill_pointers(prepared, buffers, pointers.data());
  }
  codegen::KernelArguments arguments() const { return arguments_of(prepared, pointers.data()); }

  const LoopNest* nest;
  PreparedKernel prepared;
  std::vector<char*> pointers;
};

uint8_t alignment_of(const char* address) { return static_cast<uint8_t>(reinterpret_cast<uintptr_t>(address) & 15); }

size_t round_up(size_t bytes) { return (bytes + 15) / 16 * 16; }

bool is_scratch(const codegen::CudaWord& word) {
  const auto number = static_cast<codegen::CudaNumber>(word.first);
  return word.kind == codegen::CudaWordKind::number &&
         (number == codegen::CudaNumber::from || number == codegen::CudaNumber::to);
}

}  // namespace

DeviceProgram::Alignments DeviceProgram::alignments_of(const Specialisation& made, char* const* buffers) {
  Alignments alignments;
  for (const Specialisation::BufferSource& source : made.buffer_sources())
    alignments.push_back(source.role == BufferRole::temporary ? 0 : alignment_of(buffers[alignments.size()]));
  return alignments;
}

bool DeviceProgram::serves(const DeviceKernels& kernels, const Specialisation& made, char* const* buffers) const {
  if (kernels_of_ != &kernels) return false;
  for (size_t b = 0; b < alignments_.size(); ++b)
    if (made.buffer_sources()[b].role != BufferRole::temporary && alignments_[b] != alignment_of(buffers[b]))
      return false;
  return true;
}

const DeviceProgram& DeviceProgram::get(DeviceKernels& kernels, const Specialisation& made, char* const* buffers,
                                        const std::string& text) {
  const auto fits = [&](const DeviceProgram& one) { return one.serves(kernels, made, buffers); };
  if (const auto* known = made.attachments().find<DeviceProgram>(fits)) return *known;
  std::vector<Job> jobs;
  std::vector<DeviceKernels::Wanted> wanted;
  for (const LoopNest& nest : made.plan().kernels) {
    if (nest.parallel_count() == 0) continue;
    jobs.emplace_back(nest, buffers);
    wanted.push_back({&nest, codegen::cuda_variant(nest, jobs.back().arguments())});
  }
  const auto compiled = kernels.get(wanted);
  auto program = std::make_unique<DeviceProgram>();
  program->kernels_of_ = &kernels;
  program->alignments_ = alignments_of(made, buffers);
  for (size_t k = 0; k < jobs.size(); ++k)
    program->add_kernel(jobs[k].prepared, *compiled[k], jobs[k].arguments(), text);
  return made.attachments().add(std::move(program));
}

void DeviceProgram::add_kernel(const PreparedKernel& nest, const DeviceKernel& compiled,
                               const codegen::KernelArguments& arguments, const std::string& text) {
  const codegen::CudaKernel& code = compiled.code;
  Kernel kernel;
  kernel.words_in_memory = code.words_in_memory;
  std::vector<uint32_t> in_workspace;
  for (uint32_t k = 0; k < code.words.size(); ++k) {
    const codegen::CudaWord& word = code.words[k];
    if (is_scratch(word)) in_workspace.push_back(k);
    if (word.kind == codegen::CudaWordKind::pointer && nest.bases[word.first].memory)
      kernel.patches.push_back({k, nest.bases[word.first].buffer, nest.bases[word.first].offset});
  }
  // Words that lie in memory come first, the states of reductions behind them.
  const size_t words_bytes = kernel.words_in_memory ? round_up(code.words.size() * sizeof(uint64_t)) : 0;
  const auto scratch_bytes = static_cast<size_t>(codegen::cuda_scratch_bytes(code, arguments.extents));
  workspace_bytes_ = std::max(workspace_bytes_, words_bytes + scratch_bytes);
  char* const scratch = reinterpret_cast<char*>(words_bytes);
  for (codegen::CudaLaunch& one : codegen::cuda_launches(code, arguments, scratch))
    kernel.launches.push_back(
        {compiled.module->function(one.entry, text), one.grid, one.block, std::move(one.words), in_workspace});
  kernels_.push_back(std::move(kernel));
}

void DeviceProgram::run(DeviceQueue& queue, char* const* buffers, char* workspace, Counters& counters,
                        const RunControl* control) const {
  for (const Kernel& kernel : kernels_) {
    if (control != nullptr) control->check();
    run_kernel(kernel, queue, buffers, workspace);
    counters.add(counters.launches, 1);
  }
}

void DeviceProgram::run_kernel(const Kernel& kernel, DeviceQueue& queue, char* const* buffers, char* workspace) {
  std::vector<uint64_t> words;
  for (const Launch& launch : kernel.launches) {
    words = launch.words;
    for (const Patch& patch : kernel.patches)
      words[patch.word] = reinterpret_cast<uint64_t>(buffers[patch.buffer] + patch.offset);
    for (const uint32_t word : launch.in_workspace) words[word] += reinterpret_cast<uint64_t>(workspace);
    if (!kernel.words_in_memory) {
      queue.launch(*launch.function, launch.grid, launch.block, words);
      continue;
    }
    queue.upload(workspace, reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint64_t));
    const auto address = reinterpret_cast<uint64_t>(workspace);
    queue.launch(*launch.function, launch.grid, launch.block, {&address, 1});
    queue.synchronize();  // the words must stay as they are until they are up; so many operands are rare
  }
}

}  // namespace fuseval::engine

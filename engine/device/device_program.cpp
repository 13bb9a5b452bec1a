#include "engine/device/device_program.hpp"

#include <algorithm>

namespace fuseval::engine {
namespace {

uint8_t alignment_of(const char* address) { return static_cast<uint8_t>(reinterpret_cast<uintptr_t>(address) & 15); }

size_t round_up(size_t bytes) { return (bytes + 15) / 16 * 16; }

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
  const std::vector<DeviceJob> jobs = device_jobs(made.plan(), buffers);
  std::vector<DeviceKernels::Wanted> wanted;
  for (const DeviceJob& job : jobs) wanted.push_back(job.wanted());
  const auto compiled = kernels.get(wanted);
  auto program = std::make_unique<DeviceProgram>();
  program->kernels_of_ = &kernels;
  program->alignments_ = alignments_of(made, buffers);
  for (size_t k = 0; k < jobs.size(); ++k) program->add_kernel(jobs[k], *compiled[k], text);
  return made.attachments().add(std::move(program));
}

int DeviceProgram::missing_kernels(DeviceKernels& kernels, const Specialisation& made, char* const* buffers) {
  int missing = 0;
  for (const DeviceJob& job : device_jobs(made.plan(), buffers)) missing += kernels.missing(job.wanted());
  return missing;
}

void DeviceProgram::add_kernel(const DeviceJob& job, const DeviceKernel& compiled, const std::string& text) {
  Kernel kernel;
  kernel.nests = static_cast<int64_t>(job.size());
  kernel.words_in_memory = compiled.code->words_in_memory;
  kernel.addresses = job.address_words(compiled);
  kernel.in_workspace = job.scratch_words(compiled);
  // Words that lie in memory come first, the states of reductions behind them.
  std::vector<codegen::CudaLaunch> launches = job.launches(compiled, nullptr);
  const size_t words = kernel.words_in_memory && !launches.empty() ? launches[0].words.size() : 0;
  const size_t words_bytes = round_up(words * sizeof(uint64_t));
  workspace_bytes_ = std::max(workspace_bytes_, words_bytes + job.scratch_bytes(compiled));
  for (codegen::CudaLaunch& one : launches) {
    for (const uint32_t word : kernel.in_workspace) one.words[word] += words_bytes;
    kernel.launches.push_back(
        {compiled.modules[one.entry]->function(0, text), one.grid, one.block, std::move(one.words)});
  }
  kernels_.push_back(std::move(kernel));
}

void DeviceProgram::run(DeviceQueue& queue, char* const* buffers, char* workspace, Counters& counters,
                        const RunControl* control) const {
  for (const Kernel& kernel : kernels_) {
    if (control != nullptr) control->check();
    run_kernel(kernel, queue, buffers, workspace);
    counters.add(counters.launches, 1);
    counters.add(counters.chained_kernels, kernel.nests - 1);
  }
}

void DeviceProgram::run_kernel(const Kernel& kernel, DeviceQueue& queue, char* const* buffers, char* workspace) {
  std::vector<uint64_t> words;
  for (const Launch& launch : kernel.launches) {
    words = launch.words;
    for (const DeviceJob::AddressWord& address : kernel.addresses)
      words[address.word] = reinterpret_cast<uint64_t>(buffers[address.buffer] + address.offset);
    for (const uint32_t word : kernel.in_workspace) words[word] += reinterpret_cast<uint64_t>(workspace);
    if (!kernel.words_in_memory) {
      queue.launch(*launch.function, launch.grid, launch.block, words);
      continue;
    }
    queue.upload(workspace, reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint64_t));
    queue.synchronize();  // the words must stay as they are until they are up; so many operands are rare
    const auto address = reinterpret_cast<uint64_t>(workspace);
    queue.launch(*launch.function, launch.grid, launch.block, {&address, 1});
  }
}

}  // namespace fuseval::engine

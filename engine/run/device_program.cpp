#include "engine/run/device_program.hpp"

#include <algorithm>

namespace fuseval::engine {
namespace {

uint8_t alignment_of(const char* address) { return static_cast<uint8_t>(reinterpret_cast<uintptr_t>(address) & 15); }

}  // namespace

DeviceProgram::Alignments DeviceProgram::alignments_of(const Specialisation& made, char* const* buffers) {
  Alignments alignments;
  for (const BufferSource& source : made.buffer_sources())
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
  std::vector<DeviceKernels::Request> wanted;
  for (const DeviceJob& job : jobs) wanted.push_back(job.request());
  const auto compiled = kernels.get(wanted);
  auto program = std::make_unique<DeviceProgram>();
  program->kernels_of_ = &kernels;
  program->alignments_ = alignments_of(made, buffers);
  for (size_t k = 0; k < jobs.size(); ++k) {
    const Kernel& kernel = program->kernels_.emplace_back(
        Kernel{static_cast<int64_t>(jobs[k].size()), DeviceLaunches(jobs[k], *compiled[k], text)});
    program->workspace_bytes_ = std::max(program->workspace_bytes_, kernel.launches.workspace_bytes());
  }
  return made.attachments().add(std::move(program));
}

int DeviceProgram::missing_kernels(DeviceKernels& kernels, const Specialisation& made, char* const* buffers) {
  int missing = 0;
  for (const DeviceJob& job : device_jobs(made.plan(), buffers)) missing += kernels.missing(job.request());
  return missing;
}

void DeviceProgram::run(DeviceQueue& queue, char* const* buffers, char* workspace, Counters& counters,
                        const RunControl* control) const {
  for (const Kernel& kernel : kernels_) {
    if (control != nullptr) control->check();
    kernel.launches.run(queue, buffers, workspace);
    counters.add(counters.launches, 1);
    counters.add(counters.chained_kernels, kernel.nests - 1);
  }
}

}  // namespace fuseval::engine

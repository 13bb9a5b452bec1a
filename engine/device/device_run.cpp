#include "engine/device/device_run.hpp"

#include "engine/device/device_jobs.hpp"
#include "engine/strided_copy.hpp"
#include "ir/shape.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {
namespace {

/// A plan's buffers in the device's memory.
class Mirror {
 public:
  Mirror(Device& device, const Specialisation& made, char* const* host) : device_(device), made_(made), host_(host) {
    const std::vector<BufferInfo>& buffers = made.plan().buffers;
    for (size_t b = 0; b < buffers.size(); ++b) {
      const Extent extent = extent_of(buffers[b]);
      const size_t bytes = static_cast<size_t>(extent.end - extent.begin);
      blocks_.emplace_back(device, bytes);
      addresses_.push_back(blocks_.back().data() == nullptr ? nullptr : blocks_.back().data() - extent.begin);
      if (buffers[b].role == BufferRole::input && bytes > 0)
        device.upload(blocks_.back().data(), host[b] + extent.begin, bytes);
    }
  }

  char* const* addresses() const { return addresses_.data(); }

  void bring_down(const RunControl* control) const {
    for (size_t b = 0; b < blocks_.size(); ++b)
      if (made_.plan().buffers[b].role == BufferRole::output && blocks_[b].data() != nullptr) bring_down(b, control);
  }

 private:
  using Extent = Specialisation::Extent;

  Extent extent_of(const BufferInfo& buffer) const {
    switch (buffer.role) {
      case BufferRole::input:
        return made_.input_extent(buffer.slot);
      case BufferRole::output:
        return made_.output_extent(buffer.slot);
      case BufferRole::temporary:
        break;
    }
    return {0, element_count(buffer.shape) * size_of(buffer.dtype)};
  }

  // An array with gaps goes by way of a copy: what lies between its elements is not ours to write.
  void bring_down(size_t b, const RunControl* control) const {
    const BufferInfo& buffer = made_.plan().buffers[b];
    const Extent extent = extent_of(buffer);
    const auto bytes = static_cast<size_t>(extent.end - extent.begin);
    const int64_t size = size_of(buffer.dtype);
    if (element_count(buffer.shape) * size == static_cast<int64_t>(bytes)) {
      device_.download(host_[b] + extent.begin, blocks_[b].data(), bytes);
      return;
    }
    const runtime::Buffer copy(bytes);
    device_.download(copy.data(), blocks_[b].data(), bytes);
    copy_elements(host_[b], buffer.strides, copy.data() - extent.begin, buffer.strides, buffer.shape, size, control);
  }

  Device& device_;
  const Specialisation& made_;
  char* const* host_;
  std::vector<DeviceBlock> blocks_;
  std::vector<char*> addresses_;
};

void launch(DeviceSpace& space, const DeviceKernel& kernel, const codegen::CudaLaunch& launch,
            const std::string& program) {
  Device& device = *space.device;
  const DeviceModule& module = *kernel.modules[launch.entry];
  if (!kernel.code->words_in_memory) {
    device.launch(module, 0, launch.grid, launch.block, launch.words, program);
    return;
  }
  const DeviceBlock words(device, launch.words.size() * sizeof(uint64_t));
  device.upload(words.data(), reinterpret_cast<const char*>(launch.words.data()),
                launch.words.size() * sizeof(uint64_t));
  const auto address = reinterpret_cast<uint64_t>(words.data());
  device.launch(module, 0, launch.grid, launch.block, {&address, 1}, program);
}

void run_job(DeviceSpace& space, const DeviceJob& job, const DeviceKernel& kernel, const std::string& program) {
  const DeviceBlock scratch(*space.device, job.scratch_bytes(kernel));
  for (const codegen::CudaLaunch& one : job.launches(kernel, scratch.data())) launch(space, kernel, one, program);
  space.counters.add(space.counters.launches, 1);
  space.counters.add(space.counters.chained_kernels, static_cast<int64_t>(job.size()) - 1);
}

}  // namespace

void run_on_device(DeviceSpace& space, const Specialisation& made, char* const* buffers, const std::string& program,
                   const RunControl* control) {
  const Mirror mirror(*space.device, made, buffers);
  const std::vector<DeviceJob> jobs = device_jobs(made.plan(), mirror.addresses());
  std::vector<DeviceKernels::Wanted> wanted;
  for (const DeviceJob& job : jobs) wanted.push_back(job.wanted());
  const auto kernels = space.kernels.get(wanted);
  for (size_t k = 0; k < jobs.size(); ++k) {
    if (control != nullptr) control->check();
    run_job(space, jobs[k], *kernels[k], program);
  }
  if (control != nullptr) control->check();
  mirror.bring_down(control);
}

}  // namespace fuseval::engine

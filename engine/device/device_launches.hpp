// What one job launches, laid out once: the addresses of a call's arrays and of its workspace are filled in, and no
// more.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/device/device_jobs.hpp"
#include "ir/checked.hpp"

namespace fuseval::engine {

/// Immutable.
class DeviceLaunches {
 public:
  /// launches: of the job, with addresses in its scratch memory counted from 0. text: what errors name.
  DeviceLaunches(const DeviceJob& job, const DeviceKernel& compiled, std::vector<codegen::CudaLaunch> launches,
                 size_t scratch_bytes, const std::string& text);
  /// The job as it is.
  DeviceLaunches(const DeviceJob& job, const DeviceKernel& compiled, const std::string& text)
      : DeviceLaunches(job, compiled, job.launches(compiled, nullptr), job.scratch_bytes(compiled), text) {}

  /// Bytes of device memory that a run needs besides the arrays.
  size_t workspace_bytes() const { return checked_add(words_bytes_, scratch_bytes_); }
  /// Where the scratch memory begins in the workspace.
  size_t scratch() const { return words_bytes_; }
  /// Asks for all of it. buffers[b]: of element 0 of buffer b. workspace: aligned to 16 bytes, kept until the work is
  /// done.
  void run(DeviceQueue& queue, char* const* buffers, char* workspace) const;

 private:
  struct Launch {
    std::shared_ptr<DeviceFunction> function;
    uint32_t grid, block;
    std::vector<uint64_t> words;
  };

  std::vector<DeviceJob::AddressWord> addresses_;  ///< filled in for a call; the same in every launch
  std::vector<uint32_t> in_workspace_;             ///< words that are offsets in the workspace
  std::vector<Launch> launches_;
  size_t words_bytes_ = 0;  ///< of words that lie in memory: they come first, states behind them
  size_t scratch_bytes_;
};

}  // namespace fuseval::engine

// A plan made ready for a device: kernels compiled, launches laid out; a call fills in addresses, and no more.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/attachments.hpp"
#include "engine/base/run_control.hpp"
#include "engine/device/device_launches.hpp"
#include "engine/plan/specialisation.hpp"

namespace fuseval::engine {

/// Of one specialisation, one device, and one alignment of the arrays: which text serves depends on it. Immutable.
class DeviceProgram : public Attachment {
 public:
  /// The one for these addresses, made and kept by `made` if there is none. buffers[b]: the device's address of element
  /// 0 of plan buffer b; those of temporaries may be anything aligned to 16 bytes. text: what errors name.
  static const DeviceProgram& get(DeviceKernels& kernels, const Specialisation& made, char* const* buffers,
                                  const std::string& text);

  /// How many kernels get() would have to compile for these addresses.
  static int missing_kernels(DeviceKernels& kernels, const Specialisation& made, char* const* buffers);

  /// Bytes of device memory that a run needs besides the plan's buffers.
  size_t workspace_bytes() const { return workspace_bytes_; }
  /// Asks for everything, in order. workspace: aligned to 16 bytes, kept until the work is done. control: nullptr, or
  /// what may stop it between kernels.
  void run(DeviceQueue& queue, char* const* buffers, char* workspace, Counters& counters,
           const RunControl* control) const;

 private:
  /// A nest or a chain of them.
  struct Kernel {
    int64_t nests;
    DeviceLaunches launches;
  };
  using Alignments = std::vector<uint8_t>;

  static Alignments alignments_of(const Specialisation& made, char* const* buffers);
  bool serves(const DeviceKernels& kernels, const Specialisation& made, char* const* buffers) const;

  const DeviceKernels* kernels_of_ = nullptr;
  Alignments alignments_;  ///< [plan buffer]: of its address, modulo 16
  std::vector<Kernel> kernels_;
  size_t workspace_bytes_ = 0;
};

}  // namespace fuseval::engine

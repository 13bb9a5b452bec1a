// A device: the host's arrays go up for a call and its results come down, and boxes are packed and unpacked there, in
// memory that the transport sends from and receives into, or by way of page-locked memory of the host's.
//
// Kernels are asked for and not waited for: those of a rank's interior run while its messages are on their way. What
// waits is what the host needs: the boxes of a message, a reduction's states, results.
#pragma once

#include <optional>

#include "engine/device/call_queue.hpp"
#include "engine/device/device_copies.hpp"
#include "engine/ranks/rank_space.hpp"

namespace fuseval::engine {

class DeviceRankSpace : public RankSpace {
 public:
  /// text: what errors of the device name. sends_device_memory: the transport takes this device's addresses. The space
  /// outlives it.
  DeviceRankSpace(DeviceSpace& space, std::string text, bool sends_device_memory);

  std::unique_ptr<MessageMemory> message_memory(size_t bytes) override;
  std::unique_ptr<DirectMessages> direct_messages(const std::vector<char*>& sent,
                                                  const std::vector<char*>& received) override;
  void copy(char* to, const std::vector<int64_t>& to_strides, const char* from,
            const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) override;
  void bring_down(const MessageMemory& memory) override;
  void bring_up(const MessageMemory& memory) override;

  Place place() const override { return device_.place(); }
  void prepare(const GlobalPlan& plan, const LocalPlan& local, const CompileContext& context) override;
  void begin(const RunOptions& options, CallMemory& memory) override;
  void end() override;
  void abandon() noexcept override;
  void synchronize() override;
  bool has(const fv_view& view) const override { return place_of(view) == place(); }
  char* input(const fv_view& view, std::string_view name) override;
  char* output(const fv_view& view, size_t k) override;
  SpaceMemory allocate(size_t bytes) override;
  void bring_out(const ArrayPlace& to, Place place, const ArrayPlace& from, const Shape& shape,
                 int64_t itemsize) override;
  void run(const LocalPlan::Part& part, char* const* arrays, BoxExchange* meanwhile) override;
  void reduce(const LocalPlan::Part& part, char* const* arrays, char* states, BoxExchange* meanwhile) override;
  void finish(const LocalPlan::Home& home, char* const* arrays, const char* states) override;

 private:
  /// A nest as it is launched for arrays that are aligned so.
  struct Ready {
    std::vector<uint8_t> alignments;       ///< [operand], modulo 16
    std::vector<DeviceLaunches> launches;  ///< one
    size_t states = 0, states_bytes = 0;   ///< in the workspace: left by parts of split reductions, read by homes
    size_t workspace_bytes = 0;
  };
  DeviceQueue& queue() const { return queue_->get(); }
  std::unique_ptr<DeviceMemory> allocate_here(size_t bytes);
  char* workspace(size_t bytes);
  char* upload(const fv_view& view);
  char* checked(const fv_view& view, const std::string& what) const;
  void check() const;

  const Ready& ready(const LocalPlan::Part& part, char* const* arrays);
  const Ready& ready(const LocalPlan::Home& home, char* const* arrays);
  Ready made(const LocalPlan::Part& part, char* const* arrays) const;
  Ready made(const LocalPlan::Home& home, char* const* arrays) const;
  void launch(const Ready& ready, char* const* arrays, char* workspace);

  DeviceSpace& space_;
  Device& device_;
  const std::string text_;
  const bool sends_device_memory_;
  DeviceCopies copies_;
  std::vector<std::optional<Ready>> parts_, homes_;  ///< [number]; of empty nests: none

  // Of a call. Memory is given back in the order of the session's queue, so after the call's, which goes first.
  const RunOptions* options_ = nullptr;
  CallMemory* memory_ = nullptr;
  std::vector<std::unique_ptr<DeviceMemory>> taken_;
  std::vector<std::shared_ptr<const DeviceScalars::Slot>> numbers_;
  std::vector<runtime::Buffer> staged_;
  bool uses_host_ = false;
  std::optional<CallQueue> queue_;
};

}  // namespace fuseval::engine

// Messages of boxes on a device: by way of page-locked memory of the host's, or, where the transport takes a device's
// addresses, in the device's own.
#pragma once

#include <memory>
#include <vector>

#include "engine/device/device.hpp"
#include "engine/world/box_space.hpp"

namespace fuseval::engine {

/// Messages in page-locked memory, and as much of the device's. A rank without messages has neither.
class StagedMessages : public MessageMemory {
 public:
  StagedMessages(Device& device, size_t bytes);
  char* messages() const override { return host_ ? host_->data() : nullptr; }
  char* boxes() const override { return there_ ? there_->data() : nullptr; }
  size_t bytes() const { return host_ ? host_->size() : 0; }

 private:
  std::unique_ptr<DeviceMemory> host_, there_;
};

/// Messages in the device's memory. A rank without messages has none.
class MessagesOnDevice : public MessageMemory {
 public:
  MessagesOnDevice(Device& device, size_t bytes);
  char* messages() const override { return there_ ? there_->data() : nullptr; }
  char* boxes() const override { return messages(); }

 private:
  std::unique_ptr<DeviceMemory> there_;
};

/// Their flags, and the transport's way to them. What came is read by a queue of its own: the device's is busy with the
/// interior, and edges are to be asked for before that ends.
class DirectDeviceMessages : public DirectMessages {
 public:
  DirectDeviceMessages(Device& device, const std::vector<char*>& sent, const std::vector<char*>& received);
  void call(const std::function<void()>& f) override { context_->call(f); }
  uint64_t received_flags() override;

 private:
  const std::shared_ptr<DeviceContext> context_;
  const std::vector<char*> received_;
  std::unique_ptr<DeviceMemory> words_;  ///< page-locked: one for each received
  std::unique_ptr<DeviceQueue> queue_;   ///< after what it copies to
};

}  // namespace fuseval::engine

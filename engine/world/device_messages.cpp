#include "engine/world/device_messages.hpp"

#include <cstring>

namespace fuseval::engine {

constexpr size_t word = sizeof(uint64_t);

StagedMessages::StagedMessages(Device& device, size_t bytes) {
  if (bytes == 0) return;
  host_ = device.allocate_pinned(bytes);
  there_ = device.allocate(bytes);
}

MessagesOnDevice::MessagesOnDevice(Device& device, size_t bytes) {
  if (bytes > 0) there_ = device.allocate_shareable(bytes);
}

DirectDeviceMessages::DirectDeviceMessages(Device& device, const std::vector<char*>& sent,
                                           const std::vector<char*>& received)
    : context_(device.context()), received_(received), queue_(device.open_queue()) {
  if (!received.empty()) words_ = device.allocate_pinned(received.size() * word);
  static constexpr uint64_t nothing = 0;  // copies may be under way when one of them fails
  for (char* const place : sent) queue_->upload(place, reinterpret_cast<const char*>(&nothing), word);
  queue_->synchronize();
}

// Words lie where messages end, anywhere: a copy for each, and one wait.
uint64_t DirectDeviceMessages::received_flags() {
  for (size_t k = 0; k < received_.size(); ++k) queue_->download(words_->data() + k * word, received_[k], word);
  queue_->synchronize();
  uint64_t flags = 0;
  for (size_t k = 0; k < received_.size(); ++k) {
    uint64_t one = 0;
    std::memcpy(&one, words_->data() + k * word, word);
    flags |= one;
  }
  return flags;
}

}  // namespace fuseval::engine

#include "engine/device/device_scalars.hpp"

#include <cstring>
#include <string>

namespace fuseval::engine {

std::shared_ptr<const DeviceScalars::Slot> DeviceScalars::get(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (const auto* known = known_.find(bytes)) return *known;
  char* const data = take();
  auto slot = std::make_shared<const Slot>(*this, data);
  uint64_t word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  device_.queue().write_word(data, word);
  known_.insert(std::string(bytes), slot);
  return slot;
}

char* DeviceScalars::take() {
  const std::lock_guard lock(free_mutex_);
  if (free_.empty()) {
    free_.reserve((blocks_.size() + 1) * slots_a_block);  // so that nothing given back needs memory
    blocks_.push_back(device_.allocate(slots_a_block * slot_bytes));
    for (size_t k = slots_a_block; k-- > 0;) free_.push_back(blocks_.back()->data() + k * slot_bytes);
  }
  char* const slot = free_.back();
  free_.pop_back();
  return slot;
}

// Work that reads the slot precedes all work submitted from now on.
void DeviceScalars::give_back(char* slot) {
  const std::lock_guard lock(free_mutex_);
  free_.push_back(slot);
}

}  // namespace fuseval::engine

#include "engine/device/copy_lanes.hpp"

#include <numeric>

namespace fuseval::engine {
namespace {

// Page-locked memory is taken from everybody else on the machine: more than this is not kept between calls.
constexpr size_t most_kept = size_t{256} << 20;

size_t bytes_of(const std::vector<std::unique_ptr<DeviceMemory>>& staging) {
  return std::accumulate(staging.begin(), staging.end(), size_t{0},
                         [](size_t sum, const auto& one) { return sum + (one == nullptr ? 0 : one->size()); });
}

}  // namespace

std::unique_ptr<CopyLanes> CopyLanePool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<CopyLanes> lanes = std::move(idle_.back());
      idle_.pop_back();
      return lanes;
    }
  }
  auto lanes = std::make_unique<CopyLanes>();
  lanes->up = device_.open_queue();
  lanes->down = device_.open_queue();
  return lanes;
}

void CopyLanePool::give_back(std::unique_ptr<CopyLanes> lanes) {
  if (bytes_of(lanes->up_staging) + bytes_of(lanes->down_staging) > most_kept) {
    lanes->up_staging.clear();
    lanes->down_staging.clear();
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(lanes));
}

void CopyLanePool::clear() {
  std::vector<std::unique_ptr<CopyLanes>> idle;
  const std::lock_guard lock(mutex_);
  idle_.swap(idle);
}

char* staging_of(Device& device, std::vector<std::unique_ptr<DeviceMemory>>& staging, size_t set, size_t bytes) {
  if (staging.size() <= set) staging.resize(set + 1);
  if (staging[set] == nullptr || staging[set]->size() < bytes) {
    staging[set].reset();
    staging[set] = device.allocate_pinned(bytes);
  }
  return staging[set]->data();
}

}  // namespace fuseval::engine

#include "runtime/cuda/launch_log.hpp"

#include <fmt/format.h>

#include <vector>

namespace fuseval::runtime::cuda {

void LaunchLog::add(StreamHandle stream, std::shared_ptr<const KernelLabel> label) {
  const std::lock_guard lock(mutex_);
  entries_[next_++ % entries_.size()] = {stream, std::move(label)};
}

void LaunchLog::clear(StreamHandle stream) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_)
    if (entry.stream == stream) entry.label = nullptr;
}

void LaunchLog::clear_all() {
  const std::lock_guard lock(mutex_);
  entries_ = {};
}

std::string LaunchLog::sentence() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> shown;
  for (uint64_t k = 1; k <= entries_.size() && k <= next_; ++k) {
    const auto& label = entries_[(next_ - k) % entries_.size()].label;
    if (!label) continue;
    std::string one = fmt::format("kernel \"{}\"", label->kernel);
    if (!label->program.empty()) one += fmt::format(" of \"{}\"", label->program);
    if (shown.empty() || shown.back() != one) shown.push_back(std::move(one));
  }
  std::string text;
  for (const std::string& one : shown)
    text += (text.empty() ? "; launched since the last synchronisation: " : ", ") + one;
  return text;
}

}  // namespace fuseval::runtime::cuda

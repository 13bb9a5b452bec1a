#include "engine/device/device.hpp"

#include <fmt/format.h>

#include "ir/error.hpp"

namespace fuseval::engine {

void require_memory(Device& device, const char* data, size_t bytes, const std::string& what) {
  const std::string reason = device.why_not_memory_here(data, bytes);
  if (!reason.empty()) throw Error(ErrorCode::argument, fmt::format("{}: its memory {}", what, reason));
}

}  // namespace fuseval::engine

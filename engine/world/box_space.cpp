#include "engine/world/box_space.hpp"

#include "engine/cpu/strided_copy.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {
namespace {

class HostMessages : public MessageMemory {
 public:
  explicit HostMessages(size_t bytes) : buffer_(bytes) {}
  char* messages() const override { return buffer_.data(); }
  char* boxes() const override { return buffer_.data(); }

 private:
  const runtime::Buffer buffer_;
};

}  // namespace

std::unique_ptr<MessageMemory> HostBoxes::message_memory(size_t bytes) { return std::make_unique<HostMessages>(bytes); }

void HostBoxes::copy(char* to, const std::vector<int64_t>& to_strides, const char* from,
                     const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) {
  copy_elements(to, to_strides, from, from_strides, shape, itemsize);
}

}  // namespace fuseval::engine

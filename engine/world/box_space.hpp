// The memory that boxes are in, and where their messages lie: boxes' space is the host's, or a device.
//
// A transport takes messages in the host's memory. Some take them in a device's too (Place::takes_device_memory): then
// they lie there, and nothing but the words of flags behind them passes through the host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ir/shape.hpp"

namespace fuseval::engine {

/// Memory for messages: the transport's, and where boxes are packed to and unpacked from, in their space.
class MessageMemory {
 public:
  virtual ~MessageMemory() = default;
  virtual char* messages() const = 0;
  /// The same memory, if boxes are on the host, or messages in the boxes' space.
  virtual char* boxes() const = 0;
};

/// Messages of an exchange that lie in a space where the host cannot touch them. It does not need the space.
class DirectMessages {
 public:
  virtual ~DirectMessages() = default;
  /// Calls the transport with what that needs on a thread to get at them. Throws what f throws.
  virtual void call(const std::function<void()>& f) = 0;
  /// The words behind what was received, or-ed; once it is complete. Waits for nothing else. Errors: the space's.
  virtual uint64_t received_flags() = 0;
};

class BoxSpace {
 public:
  virtual ~BoxSpace() = default;
  virtual std::unique_ptr<MessageMemory> message_memory(size_t bytes) = 0;
  /// nullptr: messages are in the host's memory, or there are none. Otherwise the words of flags at `sent` are 0 from
  /// now on; they and those at `received` are in memory of message_memory, which outlives it.
  virtual std::unique_ptr<DirectMessages> direct_messages(const std::vector<char*>& /*sent*/,
                                                          const std::vector<char*>& /*received*/) {
    return nullptr;
  }
  /// Between two places of the space that do not overlap; strides in bytes.
  virtual void copy(char* to, const std::vector<int64_t>& to_strides, const char* from,
                    const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) = 0;
  /// What was packed, to the messages; it is there when this returns, and the space uses no direct message any more,
  /// sent or received.
  virtual void bring_down(const MessageMemory& memory) = 0;
  /// What came by messages, to where it is unpacked from.
  virtual void bring_up(const MessageMemory& memory) = 0;
};

/// The host's.
class HostBoxes : public BoxSpace {
 public:
  std::unique_ptr<MessageMemory> message_memory(size_t bytes) override;
  void copy(char* to, const std::vector<int64_t>& to_strides, const char* from,
            const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) override;
  void bring_down(const MessageMemory&) override {}
  void bring_up(const MessageMemory&) override {}
};

}  // namespace fuseval::engine

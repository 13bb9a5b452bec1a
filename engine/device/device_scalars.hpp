// Numbers of the host in the device's memory: a call finds those that it has seen before there, and puts others there
// by value, so that a call with numbers need not wait for a copy of the host's memory.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/device/device.hpp"
#include "runtime/lru_cache.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::engine {

class DeviceScalars {
 public:
  explicit DeviceScalars(Device& device) : device_(device) {}

  /// Where a number lies; it stays there until this is gone, and after that for what has been asked for by then.
  class Slot {
   public:
    Slot(DeviceScalars& owner, char* data) : owner_(owner), data_(data) {}
    ~Slot() { owner_.give_back(data_); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    char* data() const { return data_; }

   private:
    DeviceScalars& owner_;
    char* const data_;
  };

  /// The most bytes that a number may have.
  static constexpr size_t most_bytes = 8;
  /// bytes: the number's. Written in the order of the session's queue. Thread-safe.
  std::shared_ptr<const Slot> get(std::string_view bytes);

 private:
  static constexpr size_t slot_bytes = 16;
  static constexpr size_t slots_a_block = 1024;
  static constexpr size_t kept = 4096;  ///< numbers that are found again

  char* take();
  void give_back(char* slot);

  Device& device_;
  runtime::Mutex free_mutex_;  ///< taken last
  std::vector<std::unique_ptr<DeviceMemory>> blocks_;
  std::vector<char*> free_;
  runtime::Mutex mutex_;
  runtime::LruCache<std::shared_ptr<const Slot>> known_{kept};
};

}  // namespace fuseval::engine

// One launch of a kernel: what its blocks and threads have in common, and the verdict on every access.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "runtime/cudasim/fiber.hpp"
#include "runtime/cudasim/memory.hpp"
#include "runtime/cudasim/shared_memory.hpp"

namespace fuseval::runtime::cudasim {

/// What a launch needs for its own while it runs, kept for the next one.
struct Workspace {
  std::unique_ptr<Stacks> stacks;
  SharedMemory static_shared;
  SharedMemory dynamic_shared;
  std::vector<uint64_t> dynamic_bytes;
  uint32_t clock = 0;
};

/// What was found wrong, in words that go on from "thread 3": "reads 4 bytes …".
struct Fault {
  std::string what;
  Place place;
  unsigned thread = 0;
  bool illegal_address = false;  ///< the memory is not the device's
};

/// A block of which writes to device memory are remembered: when it began, which one it is, and whether all that it
/// wrote is visible to those who count it as done.
struct BlockRecord {
  uint32_t start = 0;
  unsigned block = 0;
  bool published = false;
};

class Launch {
 public:
  Launch(Workspace& workspace, std::shared_ptr<const AllocationTable> table, uint32_t serial, uintptr_t image_begin,
         uintptr_t image_end)
      : workspace(workspace),
        table_(std::move(table)),
        serial_(serial),
        image_begin_(image_begin),
        image_end_(image_end) {}

  /// Words for what is wrong with an access, or nothing.
  std::string check(Block& block, const Fiber& thread, uintptr_t address, size_t bytes, bool write);
  std::string check_atomic(const Block& block, const Fiber& thread, uintptr_t address, size_t bytes);
  /// Whether all bytes are the device's, shared memory or the module's own.
  bool is_accessible(uintptr_t address, size_t bytes);

  Workspace& workspace;
  std::vector<BlockRecord> blocks;  ///< in the order of running

 private:
  Allocation* find(uintptr_t address);
  std::string check_shared(const Block& block, const Fiber& thread, SharedMemory& shared, uintptr_t address,
                           size_t bytes, bool write);
  std::string check_device(const Block& block, const Fiber& thread, const Allocation& allocation, uintptr_t address,
                           size_t bytes, bool write);
  std::string check_stamp(const Block& block, const Fiber& thread, uint64_t stamp, size_t bytes, bool write) const;

  std::shared_ptr<const AllocationTable> table_;
  uint32_t serial_;
  uintptr_t image_begin_;
  uintptr_t image_end_;
  std::array<Allocation*, 256> recent_{};  ///< by the low bits of the page
};

}  // namespace fuseval::runtime::cudasim

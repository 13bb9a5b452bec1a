// Who may access what, when.
//
// Shared memory: SharedMemory. Device memory: every byte of an access must lie in one allocation; a word that is read
// must have been written; and what another thread wrote in the same launch must be in order. Within a block barriers
// put it in order. Between blocks only this does: the writers have executed __threadfence(), then a thread of their
// block an atomic operation, and the reader comes after an atomic operation of its own block (the last block that
// counts itself done, and reads the others' parts). Words are stamped by accesses of 4 bytes and more; smaller ones are
// not ordered.
#include "runtime/cudasim/launch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/counted.hpp"
#include "runtime/cudasim/block.hpp"

namespace fuseval::runtime::cudasim {
namespace {

std::string verb(size_t bytes, bool write) {
  return fmt::format("{} {}", write ? "writes" : "reads", counted(bytes, "byte"));
}

}  // namespace

Allocation* Launch::find(uintptr_t address) {
  Allocation*& recent = recent_[address >> 12 & 255];
  if (recent && recent->begin <= address && address < recent->end) return recent;
  Allocation* const found = table_->find(address);
  if (found) recent = found;
  return found;
}

std::string Launch::check(Block& block, const Fiber& thread, uintptr_t address, size_t bytes, bool write) {
  if (Allocation* const allocation = find(address)) {
    if (write) block.note_write(thread);
    return check_device(block, thread, *allocation, address, bytes, write);
  }
  for (SharedMemory* shared : {&workspace.static_shared, &workspace.dynamic_shared})
    if (shared->contains(address)) return check_shared(block, thread, *shared, address, bytes, write);
  if (image_begin_ <= address && address < image_end_) return {};
  return fmt::format("{} {}", verb(bytes, write), table_->describe(address));
}

bool Launch::is_accessible(uintptr_t address, size_t bytes) {
  const Allocation* const allocation = find(address);
  if (allocation) return bytes <= allocation->end - address;
  const auto holds = [&](const SharedMemory& shared) {
    return shared.contains(address) && shared.contains(address + bytes - 1);
  };
  return holds(workspace.static_shared) || holds(workspace.dynamic_shared) ||
         (image_begin_ <= address && address + bytes <= image_end_);
}

std::string Launch::check_shared(const Block& block, const Fiber& thread, SharedMemory& shared, uintptr_t address,
                                 size_t bytes, bool write) {
  unsigned other = 0;
  switch (shared.access(address, bytes, write, block.moment(thread), block.start(), other)) {
    case SharedVerdict::fine:
      return {};
    case SharedVerdict::outside:
      return fmt::format("{} beyond the end of the block's shared memory", verb(bytes, write));
    case SharedVerdict::never_written:
      return fmt::format("{} of shared memory that no thread of its block has written", verb(bytes, write));
    case SharedVerdict::race:
      break;
  }
  return fmt::format("{} of shared memory that thread {} accesses as well, with no barrier between", verb(bytes, write),
                     other);
}

std::string Launch::check_device(const Block& block, const Fiber& thread, const Allocation& allocation,
                                 uintptr_t address, size_t bytes, bool write) {
  if (allocation.end - address < bytes)
    return fmt::format("{}, {} of them beyond the end of an allocation of {} bytes", verb(bytes, write),
                       bytes - (allocation.end - address), allocation.bytes());
  const size_t from = (address - allocation.begin) / 4;
  const size_t to = (address - allocation.begin + bytes + 3) / 4;
  const bool whole = bytes >= 4;
  size_t unwritten = 0;
  for (size_t word = from; word < to; ++word) {
    uint64_t& stamp = allocation.words[word];
    unwritten += !write && stamp == 0;
    if (whole && WordStamp::launch(stamp) == serial_) {
      std::string wrong = check_stamp(block, thread, stamp, bytes, write);
      if (!wrong.empty()) return wrong;
    }
    if (write) stamp = whole ? WordStamp::of(serial_, workspace.clock, thread.number) : WordStamp::host;
  }
  // As in shared memory, a structure that is copied whole may have padding.
  if (unwritten == 0 || (bytes > 8 && unwritten < to - from)) return {};
  return fmt::format("{} of device memory that nothing has written", verb(bytes, write));
}

std::string Launch::check_stamp(const Block& block, const Fiber& thread, uint64_t stamp, size_t bytes,
                                bool write) const {
  const uint32_t clock = WordStamp::clock(stamp);
  if (clock >= block.start()) {
    if (block.moment(thread).comes_after(clock, WordStamp::thread(stamp))) return {};
    return fmt::format("{} of device memory that thread {} has written, with no barrier between", verb(bytes, write),
                       WordStamp::thread(stamp));
  }
  const auto writer = std::prev(std::upper_bound(
      blocks.begin(), blocks.end(), clock, [](uint32_t value, const auto& record) { return value < record.start; }));
  if (writer->published && block.has_counted(thread)) return {};
  return fmt::format(
      "{} of device memory that block {} (thread {}) has written in this launch, with no __threadfence() and atomic "
      "operation between",
      verb(bytes, write), writer->block, WordStamp::thread(stamp));
}

std::string Launch::check_atomic(const Block& block, const Fiber& thread, uintptr_t address, size_t bytes) {
  if (address % bytes != 0) return "does an atomic operation at an address that is not aligned";
  for (SharedMemory* shared : {&workspace.static_shared, &workspace.dynamic_shared})
    if (shared->contains(address) && shared->atomic(address, bytes, block.start()) == SharedVerdict::never_written)
      return "does an atomic operation on shared memory that no thread of its block has written";
    else if (shared->contains(address))
      return {};
  const Allocation* const allocation = find(address);
  if (!allocation || allocation->end - address < bytes)
    return fmt::format("does an atomic operation on {} bytes {}", bytes, table_->describe(address));
  const uint64_t stamp = allocation->words[(address - allocation->begin) / 4];
  if (stamp == 0) return "does an atomic operation on device memory that nothing has written";
  return WordStamp::launch(stamp) == serial_ ? check_stamp(block, thread, stamp, bytes, true) : std::string();
}

}  // namespace fuseval::runtime::cudasim

#include "runtime/cudasim/shared_memory.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/cudasim/memory.hpp"

namespace fuseval::runtime::cudasim {
namespace {

/// The pattern by address, so that a part of a word is poisoned like the whole.
void fill_with_poison(uintptr_t begin, uintptr_t end) {
  for (uintptr_t address = begin & ~uintptr_t{3}; address < end; address += 4) {
    const uintptr_t from = std::max(address, begin);
    const uintptr_t to = std::min(address + 4, end);
    std::memcpy(reinterpret_cast<void*>(from), reinterpret_cast<const char*>(&poison) + (from - address), to - from);
  }
}

}  // namespace

void SharedMemory::attach(void* begin, size_t bytes) {
  begin_ = reinterpret_cast<uintptr_t>(begin);
  bytes_ = bytes;
  if (cells_.size() < bytes) cells_.resize(bytes);
  dirty_from_ = 0;
  dirty_to_ = bytes;
}

void SharedMemory::begin_block() {
  if (dirty_from_ < dirty_to_) fill_with_poison(begin_ + dirty_from_, begin_ + dirty_to_);
  dirty_from_ = SIZE_MAX;
  dirty_to_ = 0;
}

SharedVerdict SharedMemory::access(uintptr_t address, size_t bytes, bool write, const Moment& moment,
                                   uint32_t block_start, unsigned& other) {
  const size_t from = address - begin_;
  if (bytes > bytes_ - from) return SharedVerdict::outside;
  if (write) {
    dirty_from_ = std::min(dirty_from_, from);
    dirty_to_ = std::max(dirty_to_, from + bytes);
  }
  size_t unwritten = 0;
  for (Cell* cell = cells_.data() + from; cell != cells_.data() + from + bytes; ++cell) {
    const bool written = cell->written >= block_start;
    other = cell->writer;
    if (written && !moment.comes_after(cell->written, cell->writer)) return SharedVerdict::race;
    if (write) {
      other = cell->reader;
      if (cell->read >= block_start && !moment.comes_after(cell->read, cell->reader)) return SharedVerdict::race;
      other = cell->reader_before;
      if (cell->read_before >= block_start && !moment.comes_after(cell->read_before, cell->reader_before))
        return SharedVerdict::race;
      cell->written = moment.now;
      cell->writer = static_cast<uint16_t>(moment.thread);
      continue;
    }
    unwritten += !written;
    if (cell->reader != moment.thread) {
      cell->read_before = cell->read;
      cell->reader_before = cell->reader;
      cell->reader = static_cast<uint16_t>(moment.thread);
    }
    cell->read = moment.now;
  }
  // A structure that is copied whole may have padding, which nobody writes.
  return unwritten == 0 || (bytes > 8 && unwritten < bytes) ? SharedVerdict::fine : SharedVerdict::never_written;
}

SharedVerdict SharedMemory::atomic(uintptr_t address, size_t bytes, uint32_t block_start) const {
  const size_t from = address - begin_;
  if (bytes > bytes_ - from) return SharedVerdict::outside;
  return cells_[from].written >= block_start ? SharedVerdict::fine : SharedVerdict::never_written;
}

void SharedMemory::reset() { std::fill(cells_.begin(), cells_.end(), Cell{}); }

}  // namespace fuseval::runtime::cudasim

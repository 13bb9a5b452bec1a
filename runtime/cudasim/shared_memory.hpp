// A block's shared memory, and who accessed each of its bytes when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fuseval::runtime::cudasim {

/// When a thread accesses something: its number, the block's clock now, at the last barrier of the block and at the
/// last one of its warp. The clock advances at every barrier; what lies before a barrier that both passed is in order.
struct Moment {
  uint32_t now = 0;
  uint32_t block_barrier = 0;
  uint32_t warp_barrier = 0;
  unsigned thread = 0;

  bool comes_after(uint32_t clock, unsigned other) const {
    return other == thread || clock < block_barrier || (clock < warp_barrier && other / 32 == thread / 32);
  }
};

enum class SharedVerdict { fine, outside, never_written, race };

/// One stretch of shared memory. Detection keeps the last writer and the last two readers of each byte: enough for
/// every race between a write and what comes next, and for a write after reads by others.
class SharedMemory {
 public:
  /// Watches [begin, begin + bytes) from now on; its bytes are poisoned.
  void attach(void* begin, size_t bytes);
  bool contains(uintptr_t address) const { return address - begin_ < bytes_; }

  /// Poisons what the last block has written.
  void begin_block();
  /// `block_start`: the clock when the block began. `other`: the other thread of a race.
  SharedVerdict access(uintptr_t address, size_t bytes, bool write, const Moment& moment, uint32_t block_start,
                       unsigned& other);
  /// An atomic operation: ordered with every other, so no race is looked for.
  SharedVerdict atomic(uintptr_t address, size_t bytes, uint32_t block_start) const;
  /// Forgets all clocks.
  void reset();

 private:
  struct Cell {
    uint32_t written = 0;
    uint32_t read = 0;
    uint32_t read_before = 0;
    uint16_t writer = 0;
    uint16_t reader = 0;
    uint16_t reader_before = 0;
  };

  uintptr_t begin_ = 0;
  size_t bytes_ = 0;
  size_t dirty_from_ = SIZE_MAX;
  size_t dirty_to_ = 0;
  std::vector<Cell> cells_;
};

}  // namespace fuseval::runtime::cudasim

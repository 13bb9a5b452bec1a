// One block of threads, run to its end: who runs next, who waits for whom.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "runtime/cudasim/launch.hpp"

namespace fuseval::runtime::cudasim {

/// Numbers from a seed (splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t bound) { return next() % bound; }

 private:
  uint64_t state_;
};

/// What a block is run with.
struct BlockSettings {
  const Kernel* kernel = nullptr;
  const void* words = nullptr;
  unsigned threads = 0;
  unsigned blocks = 0;
  uint64_t seed = 0;
  uint64_t step_limit = 0;
};

/// What a thread did to device memory; times are the block's clock. Outlives the thread.
struct ThreadRecord {
  uint32_t last_write = 0;     ///< 0: nothing written
  uint32_t fenced = 0;         ///< when its last __threadfence() was; 0: none
  uint32_t fence_barrier = 0;  ///< the block barrier before that fence
  bool unfenced = false;       ///< it has written since
  bool counted = false;        ///< it has done an atomic operation
};

class Block {
 public:
  Block(Launch& launch, const BlockSettings& settings, unsigned number);

  /// Runs every thread to its end. A fault: the stacks hold threads that will never end.
  std::optional<Fault> run();

  Moment moment(const Fiber& thread) const;
  uint32_t start() const { return start_; }
  /// Whether the thread may rely on what an atomic operation of its block has told.
  bool has_counted(const Fiber& thread) const;
  void note_write(const Fiber& thread);

  // What a thread's code asks for. False: the thread is at fault, and leaves for good.
  bool access(Fiber& thread, uintptr_t address, size_t bytes, bool write, Place place);
  bool atomic(Fiber& thread, uintptr_t address, size_t bytes, Place place);
  void fence(const Fiber& thread);
  /// Notes that the thread is at fault, which ends the launch.
  void fail(Fiber& thread, std::string what, Place place, bool illegal_address = false);

 private:
  struct Warp {
    uint32_t live = 0;
    uint32_t waiting = 0;
    uint32_t barrier = 0;
  };

  bool all_published(unsigned counting) const;
  Fiber& fiber(unsigned number) { return *fibers_[number]; }
  Fiber& start(unsigned number);
  void end(Fiber& thread);
  unsigned next_ready();
  void make_ready(unsigned number) { ready_[number / 64] |= uint64_t{1} << number % 64; }
  void settle(Fiber& stopped);
  void settle_warp(unsigned warp, unsigned lane);
  void release_warp(unsigned warp, uint32_t group, Sync kind);
  void shuffle(unsigned warp, uint32_t group);
  void settle_block();
  void report(unsigned thread, std::string what, int line);
  std::string who_waits();

  Launch& launch_;
  const BlockSettings& settings_;
  unsigned number_;
  Random random_;
  std::array<uint64_t, 16> ready_{};
  std::array<Warp, 32> warps_{};
  std::array<Fiber*, 1024> fibers_;  ///< of threads that have begun and not ended; else nothing
  std::array<ThreadRecord, 1024> records_;
  unsigned waiting_ = 0;
  unsigned ended_ = 0;
  uint32_t start_ = 0;
  uint32_t barrier_ = 0;
  uint32_t counted_ = 0;  ///< when the first atomic operation was; 0: none
  std::optional<Fault> fault_;
};

/// The library's side of the shim: finds the Block of the thread.
extern const Hooks hooks;

}  // namespace fuseval::runtime::cudasim

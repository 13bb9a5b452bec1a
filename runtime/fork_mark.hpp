// Whether this is still the process in which an object was made.
#pragma once

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace fuseval::runtime {

/// Knows whether it still lives in the process that made it: a page that the kernel clears in a forked child tells so
/// without a system call; where the kernel cannot do that, the process id does.
class ForkMark {
 public:
  ForkMark() {
    void* page = mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED && madvise(page, page_bytes, MADV_WIPEONFORK) == 0) wiped_ = static_cast<Word*>(page);
    if (page != MAP_FAILED && !wiped_) munmap(page, page_bytes);
    word().store(here(), std::memory_order_release);
  }
  ~ForkMark() {
    if (wiped_) munmap(wiped_, page_bytes);
  }
  ForkMark(const ForkMark&) = delete;
  ForkMark& operator=(const ForkMark&) = delete;

  bool is_home() const { return word().load(std::memory_order_acquire) == here(); }

  /// Calls reset() from one thread of the new process; the others wait for it.
  template <class Reset>
  void move_here(Reset reset) {
    uint32_t seen = word().load(std::memory_order_acquire);
    if (seen != here() && seen != moving && word().compare_exchange_strong(seen, moving)) {
      reset();
      word().store(here(), std::memory_order_release);
    }
    while (!is_home()) sched_yield();
  }

 private:
  using Word = std::atomic<uint32_t>;
  static constexpr size_t page_bytes = 4096;
  static constexpr uint32_t moving = UINT32_MAX;

  Word& word() const { return wiped_ ? *wiped_ : pid_; }
  uint32_t here() const { return wiped_ ? 1 : static_cast<uint32_t>(getpid()); }

  Word* wiped_ = nullptr;
  mutable Word pid_{0};
};

}  // namespace fuseval::runtime

// The SIGBUS handler and the table of ranges that it looks into.
//
// The handler may run on any thread at any time, so it takes no lock and allocates nothing: it reads a table of entries
// that is only ever extended, each entry published under a version number (odd: in use) that is read before and after
// its bounds. An entry whose guard is gone cannot be hit: a guard outlives all reads of its range.
//
// A page that faults is replaced by zeros together with the rest of the range, which is beyond the end of the file as
// well. Two guards may share pages (two programs that read one file), so every entry that the replaced pages touch is
// marked. When a guard goes, its zeros are replaced by a mapping of an empty file, whose pages fault like the lost
// ones.
#include "runtime/mapped_guard.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "runtime/file_descriptor.hpp"

namespace fuseval::runtime {

struct MappedGuard::Entry {
  std::atomic<uint32_t> version{0};
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<uintptr_t> lost_from{UINTPTR_MAX};  ///< first replaced address; UINTPTR_MAX: no fault
};

namespace {

using Entry = MappedGuard::Entry;

struct Chunk {
  std::array<Entry, 64> entries;
  std::atomic<Chunk*> next{nullptr};
};

/// A lock that a forked child does not inherit: it is held by a process, and a holder that is not this process is gone.
class ProcessLock {
 public:
  void lock() {
    const pid_t here = getpid();
    pid_t holder = 0;
    while (!holder_.compare_exchange_weak(holder, here, std::memory_order_acquire)) {
      if (holder != here && holder != 0) continue;  // a parent's: taken over by the next exchange
      sched_yield();
      holder = 0;
    }
  }
  void unlock() { holder_.store(0, std::memory_order_release); }

 private:
  std::atomic<pid_t> holder_{0};
};

/// A signal handler has no argument to find its data by, so this is one for the process.
struct Table {
  Chunk first;
  ProcessLock lock;  ///< for everything below and for publishing; never taken by the handler
  int guards = 0;
  pid_t owner = 0;
  struct sigaction previous {};
};

constinit Table table;

uintptr_t page_bytes() { return static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)); }
uintptr_t page_floor(uintptr_t address) { return address & ~(page_bytes() - 1); }
uintptr_t page_ceil(uintptr_t address) { return page_floor(address + page_bytes() - 1); }

template <class F>
void each_entry(F f) {
  for (Chunk* chunk = &table.first; chunk; chunk = chunk->next.load(std::memory_order_acquire))
    for (Entry& entry : chunk->entries)
      if (!f(entry)) return;
}

/// The entry's bounds if it is in use, else an empty range.
AddressRange bounds(const Entry& entry) {
  const uint32_t before = entry.version.load(std::memory_order_acquire);
  const AddressRange range{entry.begin.load(std::memory_order_acquire), entry.end.load(std::memory_order_acquire)};
  const bool stable = before % 2 == 1 && entry.version.load(std::memory_order_relaxed) == before;
  return stable ? range : AddressRange{};
}

void mark_lost(uintptr_t begin, uintptr_t end) {
  each_entry([&](Entry& entry) {
    const AddressRange range = bounds(entry);
    if (range.begin >= range.end || range.end <= begin || range.begin >= end) return true;
    uintptr_t known = entry.lost_from.load(std::memory_order_relaxed);
    while (begin < known && !entry.lost_from.compare_exchange_weak(known, begin)) {
    }
    return true;
  });
}

/// Replaces the pages from the faulting one to the end of its range by zeros. False: the address is not guarded.
bool repair(uintptr_t address) {
  uintptr_t end = 0;
  each_entry([&](const Entry& entry) {
    const AddressRange range = bounds(entry);
    if (range.begin <= address && address < range.end) end = std::max(end, page_ceil(range.end));
    return true;
  });
  if (end == 0) return false;
  const uintptr_t begin = page_floor(address);
  mark_lost(begin, end);
  return mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
         MAP_FAILED;
}

/// What the system does when nobody handles the signal: a fault happens again on return, a sent signal is sent again.
void die_by(int signal, const siginfo_t* info) {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  sigaction(signal, &standard, nullptr);
  if (info->si_code <= 0) raise(signal);
}

void handle(int signal, siginfo_t* info, void* context) {
  // A previous handler that passes the signal on to the one before it, which is this one, must not go round in circles.
  static thread_local volatile sig_atomic_t passing_on = 0;
  const int error = errno;
  const bool is_fault = info->si_code > 0;
  if (is_fault && !passing_on && repair(reinterpret_cast<uintptr_t>(info->si_addr))) {
    errno = error;
    return;
  }
  const struct sigaction& previous = table.previous;
  const bool ignored = !(previous.sa_flags & SA_SIGINFO) && previous.sa_handler == SIG_IGN;
  const bool standard = !(previous.sa_flags & SA_SIGINFO) && previous.sa_handler == SIG_DFL;
  if (ignored && !is_fault) return;
  if (passing_on || standard || ignored) return die_by(signal, info);  // a fault cannot be ignored
  passing_on = 1;
  if (previous.sa_flags & SA_SIGINFO)
    previous.sa_sigaction(signal, info, context);
  else
    previous.sa_handler(signal);
  passing_on = 0;
  errno = error;
}

bool is_ours(const struct sigaction& action) { return (action.sa_flags & SA_SIGINFO) && action.sa_sigaction == handle; }

void install() {
  struct sigaction current {};
  sigaction(SIGBUS, nullptr, &current);
  if (is_ours(current)) return;
  table.previous = current;
  struct sigaction ours {};
  ours.sa_sigaction = handle;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGBUS, &ours, nullptr);
}

/// Leaves a handler alone that the host has put on top meanwhile: it may pass signals on to ours, which still works.
void uninstall() {
  struct sigaction current {};
  sigaction(SIGBUS, nullptr, &current);
  if (is_ours(current)) sigaction(SIGBUS, &table.previous, nullptr);
}

/// In a forked child the guards of the parent's other threads will never be released.
void forget_parent() {
  if (table.owner == getpid()) return;
  table.owner = getpid();
  table.guards = 0;
  each_entry([](Entry& entry) {
    entry.version.store(0, std::memory_order_release);
    return true;
  });
}

Entry* free_entry() {
  Entry* found = nullptr;
  Chunk* last = &table.first;
  each_entry([&](Entry& entry) {
    if (entry.version.load(std::memory_order_relaxed) % 2 == 0) found = &entry;
    return found == nullptr;
  });
  if (found) return found;
  while (Chunk* next = last->next.load(std::memory_order_relaxed)) last = next;
  auto* chunk = new Chunk;  // stays: the handler may be reading it
  last->next.store(chunk, std::memory_order_release);
  return chunk->entries.data();
}

Entry* publish(AddressRange range) {
  Entry* entry = free_entry();
  entry->begin.store(range.begin, std::memory_order_release);  // not before the entry was withdrawn
  entry->end.store(range.end, std::memory_order_release);
  entry->lost_from.store(UINTPTR_MAX, std::memory_order_relaxed);
  entry->version.fetch_add(1, std::memory_order_release);
  return entry;
}

/// Makes zero pages fault again.
void withdraw_zeros(uintptr_t begin, uintptr_t end) {
  const FileDescriptor empty(memfd_create("fuseval-lost-pages", MFD_CLOEXEC));
  if (empty.get() >= 0)
    mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ, MAP_PRIVATE | MAP_FIXED, empty.get(), 0);
}

struct Locked {
  Locked() { table.lock.lock(); }
  ~Locked() { table.lock.unlock(); }
};

}  // namespace

MappedGuard::MappedGuard(std::span<const AddressRange> ranges) {
  entries_.reserve(ranges.size());
  const Locked locked;
  forget_parent();
  for (const AddressRange& range : ranges)
    if (range.begin < range.end) entries_.push_back(publish(range));
  if (!entries_.empty() && table.guards++ == 0) install();
}

MappedGuard::~MappedGuard() {
  if (entries_.empty()) return;
  const Locked locked;
  if (table.owner != getpid()) return;
  for (Entry* entry : entries_) {
    const uintptr_t lost = entry->lost_from.load();
    if (lost != UINTPTR_MAX) withdraw_zeros(lost, page_ceil(entry->end.load(std::memory_order_relaxed)));
    entry->version.fetch_add(1, std::memory_order_release);
  }
  if (--table.guards == 0) uninstall();
}

bool MappedGuard::faulted() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry* entry) { return entry->lost_from.load() != UINTPTR_MAX; });
}

}  // namespace fuseval::runtime

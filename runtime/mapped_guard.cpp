// The SIGBUS handler and the table of ranges that it looks into.
//
// The handler may run on any thread at any time, so it takes no lock and allocates nothing: it reads a RangeTable. An
// entry whose guard is gone cannot be hit: a guard outlives all reads of its range.
//
// A page that faults is replaced by zeros together with the rest of the range, which is beyond the end of the file as
// well. Two guards may share pages (two programs that read one file), so every entry that the replaced pages touch is
// marked. When a guard goes, its zeros are replaced by a mapping of an empty file, whose pages fault like the lost
// ones.
#include "runtime/mapped_guard.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "ir/error.hpp"
#include "runtime/file_descriptor.hpp"
#include "runtime/mapped_files.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::runtime {

namespace {

using Lost = MappedGuard::Lost;
using Ranges = RangeTable<Lost>;

/// A signal handler has no argument to find its data by, so this is one for the process.
struct GuardTable {
  Ranges ranges;
  Mutex lock;  ///< for everything below and for publishing; never taken by the handler
  int guards = 0;
  pid_t owner = 0;
  struct sigaction previous {};
};

constinit GuardTable table;

uintptr_t page_bytes() { return static_cast<uintptr_t>(sysconf(_SC_PAGESIZE)); }
uintptr_t page_floor(uintptr_t address) { return address & ~(page_bytes() - 1); }
uintptr_t page_ceil(uintptr_t address) { return page_floor(address + page_bytes() - 1); }

void mark_lost(uintptr_t begin, uintptr_t end) {
  table.ranges.each([&](Ranges::Entry& entry) {
    const AddressRange range = Ranges::bounds(entry);
    if (range.begin >= range.end || range.end <= begin || range.begin >= end) return true;
    uintptr_t known = entry.known.from.load(std::memory_order_relaxed);
    while (begin < known && !entry.known.from.compare_exchange_weak(known, begin)) {
    }
    return true;
  });
}

/// Replaces the pages from the faulting one to the end of its range by zeros. False: the address is not guarded.
bool repair(uintptr_t address) {
  uintptr_t end = 0;
  table.ranges.each([&](const Ranges::Entry& entry) {
    const AddressRange range = Ranges::bounds(entry);
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

/// A fault on a thread that blocks its signal ends the process, whatever handler there is. Whether it did block it.
bool unblock_faults() {
  sigset_t fault, before;
  sigemptyset(&fault);
  sigaddset(&fault, SIGBUS);
  return pthread_sigmask(SIG_UNBLOCK, &fault, &before) == 0 && sigismember(&before, SIGBUS) == 1;
}

void block_faults() {
  sigset_t fault;
  sigemptyset(&fault);
  sigaddset(&fault, SIGBUS);
  pthread_sigmask(SIG_BLOCK, &fault, nullptr);
}

/// In a forked child the guards of the parent's other threads will never be released.
void forget_parent() {
  if (table.owner == getpid()) return;
  table.owner = getpid();
  table.guards = 0;
  table.ranges.each([](Ranges::Entry& entry) {
    entry.version.store(0, std::memory_order_release);
    return true;
  });
}

/// Makes zero pages fault again.
void withdraw_zeros(uintptr_t begin, uintptr_t end) {
  const FileDescriptor empty(memfd_create("fuseval-lost-pages", MFD_CLOEXEC));
  if (empty.get() >= 0)
    mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ, MAP_PRIVATE | MAP_FIXED, empty.get(), 0);
}

}  // namespace

MappedGuard::MappedGuard(std::span<const AddressRange> ranges) : ranges_(ranges.begin(), ranges.end()) {
  entries_.reserve(ranges.size());
  const std::lock_guard lock(table.lock);
  forget_parent();
  for (const AddressRange& range : ranges)
    if (range.begin < range.end)
      entries_.push_back(table.ranges.publish(range, [](Lost& lost) { lost.from.store(UINTPTR_MAX); }));
  if (entries_.empty()) return;
  if (table.guards++ == 0) install();
  unblocked_ = unblock_faults();
}

MappedGuard::~MappedGuard() {
  if (entries_.empty()) return;
  if (unblocked_) block_faults();
  const std::lock_guard lock(table.lock);
  if (table.owner != getpid()) return;
  for (Ranges::Entry* entry : entries_) {
    const uintptr_t lost = entry->known.from.load();
    if (lost != UINTPTR_MAX) withdraw_zeros(lost, page_ceil(entry->end.load(std::memory_order_relaxed)));
    Ranges::withdraw(*entry);
  }
  if (--table.guards == 0) uninstall();
}

bool MappedGuard::faulted() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Ranges::Entry* entry) { return entry->known.from.load() != UINTPTR_MAX; });
}

std::optional<std::string> MappedGuard::damage() const {
  if (auto change = change_behind(ranges_)) return change;
  if (faulted()) return "a mapped input file shrank while it was read";
  return std::nullopt;
}

void MappedGuard::require_whole(const char* consequence) const {
  if (const auto reason = damage()) throw Error(ErrorCode::file, *reason + consequence);
}

}  // namespace fuseval::runtime

#include "runtime/unfinished_names.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>

namespace fuseval::runtime {
namespace {

/// The slot's names are never freed, so that a handler on another thread reads no memory that is gone.
struct NameSlot {
  std::atomic<int> owner{0};  ///< the process that has the name; a forked child has nothing to do with its parent's
  std::atomic<int> kind{0};   ///< UnfinishedName::Kind; 0: the name is not written yet
  std::array<char, PATH_MAX> name{};
};

// A signal handler has no argument to find its data by.
constinit std::array<NameSlot, 64> name_slots;

void remove_all(UnfinishedName::Kind kind) {
  const int here = getpid();
  for (NameSlot& slot : name_slots) {
    if (slot.owner.load(std::memory_order_acquire) != here) continue;
    if (slot.kind.load(std::memory_order_acquire) != static_cast<int>(kind)) continue;
    kind == UnfinishedName::Kind::folder ? rmdir(slot.name.data()) : unlink(slot.name.data());
  }
}

}  // namespace

UnfinishedName::UnfinishedName(const std::string& name, Kind kind) {
  if (name.size() >= PATH_MAX) return;
  const int here = getpid();
  for (size_t k = 0; k < name_slots.size(); ++k) {
    NameSlot& slot = name_slots[k];
    int owner = slot.owner.load(std::memory_order_relaxed);
    if (owner == here || !slot.owner.compare_exchange_strong(owner, here, std::memory_order_acq_rel)) continue;
    slot.kind.store(0, std::memory_order_release);  // a parent's may still be there
    std::memcpy(slot.name.data(), name.c_str(), name.size() + 1);
    slot.kind.store(static_cast<int>(kind), std::memory_order_release);
    slot_ = static_cast<int>(k);
    return;
  }
}

UnfinishedName::~UnfinishedName() {
  if (slot_ < 0) return;
  NameSlot& slot = name_slots[static_cast<size_t>(slot_)];
  slot.kind.store(0, std::memory_order_release);
  slot.owner.store(0, std::memory_order_release);
}

void discard_unfinished() {
  const int error = errno;
  remove_all(UnfinishedName::Kind::file);
  remove_all(UnfinishedName::Kind::folder);
  errno = error;
}

}  // namespace fuseval::runtime

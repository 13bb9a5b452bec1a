// Reading mapped files that may shrink or change: a SIGBUS in a guarded range becomes an error instead of the end of
// the process.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/buffer.hpp"
#include "runtime/range_table.hpp"

namespace fuseval::runtime {

/// While any MappedGuard lives, a chained SIGBUS handler is installed (the previous one gets every fault that is not
/// ours and comes back with the last guard). A fault inside one of the guarded ranges, on any thread, maps zero pages
/// over the rest of that range, so that the kernel runs on, and is remembered here: the caller then fails with
/// Error(file). On the thread that makes the guard, and takes it away, the signal is not blocked meanwhile; the pool's
/// threads never block it. The lost pages fault again afterwards, so that a later guard over the same range sees them
/// too.
///
/// Mappings that fuseval made itself (KnownMapping) are compared with their files as well: what was read from a file
/// that has been written to since it was opened is neither its old contents nor its new ones.
class MappedGuard {
 public:
  explicit MappedGuard(std::span<const AddressRange> ranges);
  ~MappedGuard();
  MappedGuard(const MappedGuard&) = delete;
  MappedGuard& operator=(const MappedGuard&) = delete;

  bool faulted() const;
  /// Why what was, or is to be, read there cannot be used; nothing if it can.
  std::optional<std::string> damage() const;
  /// Throws Error(file) with the damage, and what came of it, if there is any: called before and after the reading.
  void require_whole(const char* consequence = "") const;

  /// What the signal handler knows of a guarded range.
  struct Lost {
    std::atomic<uintptr_t> from{UINTPTR_MAX};  ///< the first replaced address; UINTPTR_MAX: no fault
  };

 private:
  std::vector<AddressRange> ranges_;
  std::vector<RangeTable<Lost>::Entry*> entries_;
  bool unblocked_ = false;  ///< on this thread, by this guard
};

}  // namespace fuseval::runtime

// Reading mapped files that may shrink: a SIGBUS in a guarded range becomes an error instead of the end of the process.
#pragma once

#include <span>
#include <vector>

#include "runtime/buffer.hpp"

namespace fuseval::runtime {

/// While any MappedGuard lives, a chained SIGBUS handler is installed (the previous one gets every fault that is not
/// ours and comes back with the last guard). A fault inside one of the guarded ranges, on any thread, maps zero pages
/// over the rest of that range, so that the kernel runs on, and is remembered here: the caller then fails with
/// Error(file). The lost pages fault again afterwards, so that a later guard over the same range sees them too.
class MappedGuard {
 public:
  explicit MappedGuard(std::span<const AddressRange> ranges);
  ~MappedGuard();
  MappedGuard(const MappedGuard&) = delete;
  MappedGuard& operator=(const MappedGuard&) = delete;

  bool faulted() const;

  /// One guarded range, as the signal handler sees it.
  struct Entry;

 private:
  std::vector<Entry*> entries_;
};

}  // namespace fuseval::runtime

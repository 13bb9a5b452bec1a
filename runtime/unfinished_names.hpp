// Names that a process takes away again before it ends: also when a signal ends it.
#pragma once

#include <string>

namespace fuseval::runtime {

/// A file or an empty folder that is not to stay. While this lives, discard_unfinished() removes it.
class UnfinishedName {
 public:
  enum class Kind : int { file = 1, folder = 2 };

  UnfinishedName() = default;
  /// Known before there is such a file, so that no signal comes in between. The longest names, and more than 64 at a
  /// time, are not known.
  explicit UnfinishedName(const std::string& name, Kind kind = Kind::file);
  ~UnfinishedName();
  UnfinishedName(UnfinishedName&& other) noexcept { *this = std::move(other); }
  UnfinishedName& operator=(UnfinishedName&& other) noexcept {
    std::swap(slot_, other.slot_);
    return *this;
  }

 private:
  int slot_ = -1;
};

/// Removes what has such a name in this process. Async-signal-safe: for handlers of signals that end the process.
void discard_unfinished();

}  // namespace fuseval::runtime

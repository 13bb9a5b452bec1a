// Bytes on disk under keys of any length: compiled kernels, kept from process to process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace fuseval::runtime {

/// Where caches lie: $FUSEVAL_CACHE_DIR (empty: nowhere), $XDG_CACHE_HOME/fuseval, ~/.cache/fuseval. None in programs
/// with more rights than their user, and where there is no home.
std::optional<std::string> cache_folder();

/// A folder of entries, each a file that holds its whole key, its value and a checksum. Thread-safe, and safe among
/// processes: files are written under another name and renamed, so that nobody sees half of one. Nothing here is worth
/// an error: what cannot be read is not there, what cannot be written is not kept, and reason() says why.
///
/// The value may be executable code, so it is trusted only where nobody else could have put it: the folder (made with
/// mode 0700) and the files must belong to this user, and no other may be able to write them.
class DiskCache {
 public:
  struct Options {
    uint64_t most_bytes = uint64_t{256} << 20;  ///< beyond it the entries that were used longest ago go
    /// How long one process waits for another that makes the same entry before it makes its own.
    int wait_milliseconds = 30'000;
  };

  /// Makes the folder and its parents where they are missing. "": a cache that holds nothing.
  explicit DiskCache(std::string folder, Options options);
  explicit DiskCache(std::string folder) : DiskCache(std::move(folder), Options()) {}

  /// The value under exactly this key. A file that is damaged, foreign or another key's is as good as none. Counts as
  /// use.
  std::optional<std::string> find(std::string_view key) const;
  /// Replaces what is there, then drops old entries beyond the cap. false when it could not be kept.
  bool store(std::string_view key, std::string_view value) const;
  void erase(std::string_view key) const;
  /// find(), or else make() and store(): of several processes and threads that want the same new entry, one makes it
  /// while the others wait. What make() throws goes through.
  std::string find_or_make(std::string_view key, const std::function<std::string()>& make) const;

  bool is_usable() const { return reason_.empty(); }
  /// Why nothing is kept; "" when it is.
  const std::string& reason() const { return reason_; }
  const std::string& folder() const { return folder_; }

 private:
  std::string path_of(std::string_view key) const;
  void enforce_cap() const;

  std::string folder_;
  Options options_;
  std::string reason_;
};

}  // namespace fuseval::runtime

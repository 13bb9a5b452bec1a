// Files that nobody sees until they are whole: written under a temporary name beside the target, synced and renamed.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/file_descriptor.hpp"

namespace fuseval::runtime {

/// Where the bytes really go: through symbolic links. Throws Error(file) for folders, and for devices and pipes, which
/// a rename would replace.
std::string target_of(const std::string& path);

/// All of the bytes, at this place of the file. Throws Error(file), which names `path`.
void write_at(int fd, const std::string& path, const char* data, size_t bytes, size_t offset);

/// What is written is on the disk when this returns. Throws Error(file), which names `path`.
void sync_file(int fd, const std::string& path);

/// A new file that is unlinked again unless it is moved to its final name. Errors of all: file, naming the target.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return file_.get(); }
  const std::string& name() const { return name_; }

  /// Makes the file this long, with its place on the disk taken where the file system can: a full disk is found now.
  void reserve(size_t bytes);
  /// Behind what was written before.
  void write(const char* data, size_t bytes);
  /// Syncs, and replaces the target.
  void finish();

 private:
  int create();

  std::string target_;
  std::string name_;
  FileDescriptor file_;
  size_t written_ = 0;
};

}  // namespace fuseval::runtime

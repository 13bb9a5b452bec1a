// Files that nobody sees until they are whole.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "runtime/file_descriptor.hpp"
#include "runtime/file_target.hpp"
#include "runtime/unfinished_names.hpp"

namespace fuseval::runtime {

/// All of the bytes, at this place of the file. Throws Error(file), which names `path`.
void write_at(int fd, const std::string& path, const char* data, size_t bytes, size_t offset);

/// What is written is on the disk when this returns. Throws Error(file), which names `path`.
void sync_file(int fd, const std::string& path);

/// A new file, which is gone again unless it gets its final name. It has no name before that where its file system can
/// do without one, so that nothing stays whatever ends the process; else it has a temporary one beside the target,
/// which is known to discard_unfinished. It has the attributes of the file that it will replace from the start. Errors
/// of all: file, naming the target.
class TemporaryFile {
 public:
  struct Options {
    bool needs_name = false;  ///< others open it, by name()
    bool is_synced = true;    ///< what has the final name survives a power cut
    mode_t mode = 0666;       ///< of a file that replaces none, less the umask's
  };
  explicit TemporaryFile(FileTarget target) : TemporaryFile(std::move(target), Options()) {}
  TemporaryFile(FileTarget target, Options options);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return file_.get(); }
  /// "": it has none.
  const std::string& name() const { return name_; }

  /// Makes the file this long, with its place on the disk taken where the file system can: a full disk is found now.
  void reserve(size_t bytes);
  /// Behind what was written before.
  void write(const char* data, size_t bytes);
  /// Syncs, and replaces the target.
  void finish();

 private:
  int create();
  int create_named();
  void take_fresh_name();
  void drop_name();
  bool give_final_name();
  void give_name();
  [[noreturn]] void fail() const;

  FileTarget target_;
  Options options_;
  std::string name_;
  UnfinishedName unfinished_;
  FileDescriptor file_;
  size_t written_ = 0;
};

}  // namespace fuseval::runtime

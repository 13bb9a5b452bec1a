// A file that is being read, and whether somebody writes to it meanwhile.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <optional>
#include <string>
#include <utility>

#include "runtime/file_descriptor.hpp"

struct stat;

namespace fuseval::runtime {

/// Size and time of the last change of an open file's contents, the latter as finely as its file system keeps it.
struct FileStamp {
  off_t size = 0;
  timespec modified{};

  static FileStamp of(const struct stat& status);
  bool operator==(const FileStamp& other) const {
    return size == other.size && modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
  }
};

/// A file that was opened and read to some extent. A file that is put in its place by a rename is another one.
class OpenedFile {
 public:
  OpenedFile(FileDescriptor file, std::string path, FileStamp stamp)
      : file_(std::move(file)), path_(std::move(path)), stamp_(stamp) {}

  int fd() const { return file_.get(); }
  const std::string& path() const { return path_; }
  const FileStamp& stamp() const { return stamp_; }

  /// What has happened to the file since it was opened, as a sentence without a subject; nothing if it is as it was.
  std::optional<std::string> change() const;

 private:
  FileDescriptor file_;
  std::string path_;
  FileStamp stamp_;
};

}  // namespace fuseval::runtime

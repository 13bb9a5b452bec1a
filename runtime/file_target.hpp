// Where a whole file is to go, and what is there.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace fuseval::runtime {

/// A name that a file can be given, in place of what has it. Errors of all: file, naming the path that was given.
class FileTarget {
 public:
  /// Through symbolic links, also ones that lead to a file that is yet to be made. Refused are folders, devices and
  /// pipes, which a rename would replace, open files that are named by their descriptor, and files that are read-only:
  /// for this user, or because nobody may write them.
  explicit FileTarget(const std::string& path);
  /// That very name, whatever is there: of a file that is nobody else's affair.
  static FileTarget exactly(const std::string& path) { return FileTarget(path, path); }

  const std::string& given() const { return given_; }
  const std::string& path() const { return path_; }
  /// The path up to the file's own name, "." at least.
  std::string folder() const;

  /// Two names of one file, be it there or not.
  bool is_same_file(const FileTarget& other) const;

  /// Gives an open file owner, group, mode and extended attributes (access control lists) of the file that it is to
  /// replace, if there is one; refused where that is not permitted.
  void pass_on_attributes(int fd) const;

 private:
  FileTarget(std::string given, std::string path) : given_(std::move(given)), path_(std::move(path)) {}

  void pass_on_extended_attributes(int fd) const;

  std::string given_, path_;
  std::optional<struct stat> replaced_;
};

}  // namespace fuseval::runtime

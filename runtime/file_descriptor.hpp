// An owned file descriptor, and the words for what the system refused.
#pragma once

#include <string>
#include <utility>

namespace fuseval::runtime {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }
  /// Closes now; false (with errno) when the system reports a late error.
  bool close();

 private:
  int fd_;
};

/// The path for a message: without control characters.
std::string quoted(const std::string& path);

/// Throws Error(file): cannot <verb> "<path>": <reason>.
[[noreturn]] void fail_on_file(const char* verb, const std::string& path, const std::string& reason);
/// The same with errno's words.
[[noreturn]] void fail_on_file(const char* verb, const std::string& path);

}  // namespace fuseval::runtime

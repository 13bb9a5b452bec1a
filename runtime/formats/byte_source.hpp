// The bytes of a file, a pipe or a descriptor, from first to last.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/buffer.hpp"
#include "runtime/opened_file.hpp"

namespace fuseval::runtime {

/// Errors of all: file, naming the source.
class ByteSource {
 public:
  /// Opens a file or a pipe; a FIFO is waited for until somebody writes to it. Folders are refused.
  static ByteSource open(const std::string& path);
  /// Of a descriptor, which stays open; `name` is for messages.
  static ByteSource of_descriptor(int descriptor, const std::string& name);

  const std::string& name() const { return name_; }
  /// nullptr: it is a pipe or a descriptor, which is read once and in order.
  const std::shared_ptr<const OpenedFile>& file() const { return file_; }

  /// The first `bytes` of the source, fewer if it has no more; read() gives them again. For the beginning alone.
  std::string_view peek(size_t bytes);
  /// The next bytes: fewer than asked for only at the end.
  size_t read(char* target, size_t bytes);
  /// What is left. `size` is how many bytes of the buffer that is.
  Buffer read_to_end(size_t& size);
  /// Throws if it is a file that was written to since it was opened.
  void require_unchanged() const;
  /// What fail() says.
  std::string message(const std::string& reason) const;
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}
  size_t read_more(char* target, size_t bytes);

  std::string name_;
  int descriptor_ = -1;
  std::shared_ptr<const OpenedFile> file_;  ///< a regular file
  std::shared_ptr<const FileDescriptor> pipe_;
  std::string head_;  ///< was peeked at, and not yet read
};

}  // namespace fuseval::runtime

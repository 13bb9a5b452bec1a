#include "runtime/file_descriptor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "ir/error.hpp"

namespace fuseval::runtime {

FileDescriptor::~FileDescriptor() { close(); }

bool FileDescriptor::close() {
  const int fd = std::exchange(fd_, -1);
  return fd < 0 || ::close(fd) == 0;
}

std::string quoted(const std::string& path) {
  std::string shown;
  for (const char c : path) shown += static_cast<unsigned char>(c) < ' ' || c == 127 ? '?' : c;
  return '"' + shown + '"';
}

void fail_on_file(const char* verb, const std::string& path, const std::string& reason) {
  throw Error(ErrorCode::file, fmt::format("cannot {} {}: {}", verb, quoted(path), reason));
}

void fail_on_file(const char* verb, const std::string& path) {
  fail_on_file(verb, path, std::generic_category().message(errno));
}

}  // namespace fuseval::runtime

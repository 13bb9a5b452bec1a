#include "runtime/opened_file.hpp"

#include <sys/stat.h>

namespace fuseval::runtime {

FileStamp FileStamp::of(const struct stat& status) { return {status.st_size, status.st_mtim}; }

std::optional<std::string> OpenedFile::change() const {
  struct stat status {};
  if (fstat(fd(), &status) != 0) return "cannot be looked at any more";
  const FileStamp now = FileStamp::of(status);
  if (now == stamp_) return std::nullopt;
  return now.size < stamp_.size ? "has become shorter since it was opened" : "has changed since it was opened";
}

}  // namespace fuseval::runtime

#include "runtime/formats/byte_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ir/checked.hpp"

namespace fuseval::runtime {
namespace {}  // namespace

ByteSource ByteSource::open(const std::string& path) {
  ByteSource source(path);
  FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (opened.get() < 0 || fstat(opened.get(), &status) != 0) fail_on_file("read", path);
  if (S_ISDIR(status.st_mode)) source.fail("it is a folder");
  source.descriptor_ = opened.get();
  if (S_ISREG(status.st_mode))
    source.file_ = std::make_shared<const OpenedFile>(std::move(opened), path, FileStamp::of(status));
  else
    source.pipe_ = std::make_shared<const FileDescriptor>(std::move(opened));
  return source;
}

ByteSource ByteSource::of_descriptor(int descriptor, const std::string& name) {
  ByteSource source(name);
  source.descriptor_ = descriptor;
  return source;
}

std::string ByteSource::message(const std::string& reason) const {
  return fmt::format("cannot read {}: {}", quoted(name_), reason);
}

void ByteSource::fail(const std::string& reason) const { fail_on_file("read", name_, reason); }

size_t ByteSource::read_more(char* target, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t got = ::read(descriptor_, target + done, std::min(bytes - done, size_t{1} << 30));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_on_file("read", name_);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

std::string_view ByteSource::peek(size_t bytes) {
  const size_t had = head_.size();
  if (had < bytes) {
    head_.resize(bytes);
    head_.resize(had + read_more(head_.data() + had, bytes - had));
  }
  return std::string_view(head_).substr(0, bytes);
}

size_t ByteSource::read(char* target, size_t bytes) {
  const size_t known = std::min(bytes, head_.size());
  std::memcpy(target, head_.data(), known);
  head_.erase(0, known);
  return known + (known < bytes ? read_more(target + known, bytes - known) : 0);
}

Buffer ByteSource::read_to_end(size_t& size) {
  Buffer all(size_t{1} << 16);
  size = 0;
  while (true) {
    const size_t got = read(all.data() + size, all.size() - size);
    size += got;
    if (size < all.size()) return all;
    Buffer larger(checked_multiply(all.size(), size_t{2}));
    std::memcpy(larger.data(), all.data(), size);
    all = std::move(larger);
  }
}

void ByteSource::require_unchanged() const {
  if (!file_) return;
  if (const auto change = file_->change()) fail("it " + *change);
}

}  // namespace fuseval::runtime

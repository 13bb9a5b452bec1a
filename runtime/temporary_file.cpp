#include "runtime/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace fuseval::runtime {
namespace {

constexpr const char* verb = "write";

std::string fresh_name(const std::string& target) {
  static std::atomic<unsigned> serial{0};
  return fmt::format("{}.{}-{}.tmp", target, getpid(), serial.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace

std::string target_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return path;
  if (S_ISDIR(status.st_mode)) fail_on_file(verb, path, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail_on_file(verb, path, "it is not a regular file");
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

void write_at(int fd, const std::string& path, const char* data, size_t bytes, size_t offset) {
  while (bytes > 0) {
    const ssize_t done = pwrite(fd, data, std::min(bytes, size_t{1} << 30), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EFAULT) fail_on_file(verb, path, "the mapped file that it is written from shrank");
    if (done < 0) fail_on_file(verb, path);
    data += done;
    offset += static_cast<size_t>(done);
    bytes -= static_cast<size_t>(done);
  }
}

void sync_file(int fd, const std::string& path) {
  if (fsync(fd) != 0) fail_on_file(verb, path);
}

TemporaryFile::TemporaryFile(const std::string& target) : target_(target), name_(fresh_name(target)), file_(create()) {}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) unlink(name_.c_str());
}

int TemporaryFile::create() {
  int fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EEXIST) {  // left by a process that died and had our id
    unlink(name_.c_str());
    fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  }
  if (fd >= 0) return fd;
  name_.clear();
  fail_on_file(verb, target_);
}

// Not posix_fallocate, which writes to every block where a file system cannot do it.
void TemporaryFile::reserve(size_t bytes) {
  const auto length = static_cast<off_t>(bytes);
  int result = 0;
  do result = fallocate(fd(), 0, 0, length);
  while (result != 0 && errno == EINTR);
  if (result != 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) result = ftruncate(fd(), length);
  if (result != 0) fail_on_file(verb, target_);
}

void TemporaryFile::write(const char* data, size_t bytes) {
  write_at(fd(), target_, data, bytes, written_);
  written_ += bytes;
}

void TemporaryFile::finish() {
  sync_file(fd(), target_);
  if (!file_.close() || rename(name_.c_str(), target_.c_str()) != 0) fail_on_file(verb, target_);
  name_.clear();
}

}  // namespace fuseval::runtime

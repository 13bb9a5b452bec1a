#include "runtime/temporary_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace fuseval::runtime {
namespace {

/// Not of the process's id: on a shared file system other machines' processes have the same.
std::string fresh_name(const std::string& folder) {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<uint64_t>(getpid());
  return fmt::format("{}/.fuseval-{:016x}.tmp", folder, number);
}

/// How an open file without a name is told to the system.
std::string path_of_descriptor(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

/// Without a name, where the file system can do that and the file can be given one later; -1 elsewhere.
int create_nameless(const std::string& folder, mode_t mode) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  if (fd < 0 || access(path_of_descriptor(fd).c_str(), F_OK) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

void write_at(int fd, const std::string& path, const char* data, size_t bytes, size_t offset) {
  while (bytes > 0) {
    const ssize_t done = pwrite(fd, data, std::min(bytes, size_t{1} << 30), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EFAULT) fail_on_file("write", path, "the mapped file that it is written from shrank");
    if (done < 0) fail_on_file("write", path);
    data += done;
    offset += static_cast<size_t>(done);
    bytes -= static_cast<size_t>(done);
  }
}

void sync_file(int fd, const std::string& path) {
  if (fsync(fd) != 0) fail_on_file("write", path);
}

TemporaryFile::TemporaryFile(FileTarget target, Options options)
    : target_(std::move(target)), options_(options), file_(create()) {
  try {
    target_.pass_on_attributes(fd());
  } catch (...) {
    drop_name();
    throw;
  }
}

TemporaryFile::~TemporaryFile() { drop_name(); }

void TemporaryFile::fail() const { fail_on_file("write", target_.given()); }

void TemporaryFile::take_fresh_name() {
  name_ = fresh_name(target_.folder());
  unfinished_ = UnfinishedName(name_);
}

void TemporaryFile::drop_name() {
  if (!name_.empty()) unlink(name_.c_str());
  name_.clear();
  unfinished_ = {};
}

int TemporaryFile::create() {
  const int nameless = options_.needs_name ? -1 : create_nameless(target_.folder(), options_.mode);
  return nameless >= 0 ? nameless : create_named();
}

int TemporaryFile::create_named() {
  int made = -1;
  do {
    take_fresh_name();
    made = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, options_.mode);
  } while (made < 0 && errno == EEXIST);
  if (made >= 0) return made;
  name_.clear();
  unfinished_ = {};
  fail();
}

// Not posix_fallocate, which writes to every block where a file system cannot do it.
void TemporaryFile::reserve(size_t bytes) {
  const auto length = static_cast<off_t>(bytes);
  int result = 0;
  do result = fallocate(fd(), 0, 0, length);
  while (result != 0 && errno == EINTR);
  if (result != 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) result = ftruncate(fd(), length);
  if (result != 0) fail();
}

void TemporaryFile::write(const char* data, size_t bytes) {
  write_at(fd(), target_.given(), data, bytes, written_);
  written_ += bytes;
}

/// False: there is a file of that name, which only a rename can replace.
bool TemporaryFile::give_final_name() {
  if (linkat(AT_FDCWD, path_of_descriptor(fd()).c_str(), AT_FDCWD, target_.path().c_str(), AT_SYMLINK_FOLLOW) == 0)
    return true;
  if (errno != EEXIST) fail();
  return false;
}

void TemporaryFile::give_name() {
  int result = 0;
  do {
    take_fresh_name();
    result = linkat(AT_FDCWD, path_of_descriptor(fd()).c_str(), AT_FDCWD, name_.c_str(), AT_SYMLINK_FOLLOW);
  } while (result != 0 && errno == EEXIST);
  if (result == 0) return;
  const int error = errno;
  drop_name();
  errno = error;
  fail();
}

void TemporaryFile::finish() {
  if (options_.is_synced) sync_file(fd(), target_.given());
  if (name_.empty() && give_final_name()) return;
  if (name_.empty()) give_name();
  if (!file_.close() || rename(name_.c_str(), target_.path().c_str()) != 0) fail();
  name_.clear();
  unfinished_ = {};
}

}  // namespace fuseval::runtime

#include "tools/picture/picture_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw Error(FV_ERROR_FILE, "cannot write \"" + path + "\": " + reason);
}

[[noreturn]] void fail(const std::string& path) { fail(path, std::strerror(errno)); }

/// Where the bytes really go. What is no regular file is refused: a rename would replace it.
std::string target_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return path;
  if (S_ISDIR(status.st_mode)) fail(path, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail(path, "it is not a regular file");
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

/// A new file that is unlinked again unless it is moved to its final name.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target)
      : target_(target), name_(target + "." + std::to_string(getpid()) + ".tmp") {
    unlink(name_.c_str());  // left by a process that died and had our id
    descriptor_ = open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail(target_);
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!name_.empty()) unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::write(descriptor_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail(target_);
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
  }

  void finish() {
    if (fsync(descriptor_) != 0 || close(std::exchange(descriptor_, -1)) != 0 ||
        rename(name_.c_str(), target_.c_str()) != 0)
      fail(target_);
    name_.clear();
  }

 private:
  std::string target_;
  std::string name_;
  int descriptor_ = -1;
};

}  // namespace

void check_replaceable(const std::string& path) { const TemporaryFile file(target_of(path)); }

void replace_file(const std::string& path, std::string_view bytes) {
  TemporaryFile file(target_of(path));
  file.write(bytes);
  file.finish();
}

}  // namespace fuseval::tools

// Writing .npy files: to a temporary name beside the target, synced and renamed, so that no reader ever sees half a
// file.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "ir/error.hpp"
#include "runtime/file_descriptor.hpp"
#include "runtime/mapped_guard.hpp"
#include "runtime/npy.hpp"
#include "runtime/npy_header.hpp"

namespace fuseval::runtime {
namespace {

constexpr const char* verb = "write";
constexpr size_t staging_bytes = size_t{1} << 18;

/// Where the bytes really go: through symbolic links. Devices and pipes are refused: a rename would replace them.
std::string target_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return path;
  if (S_ISDIR(status.st_mode)) fail_on_file(verb, path, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail_on_file(verb, path, "it is not a regular file");
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

/// A new file that is unlinked again unless it is moved to its final name.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target) : target_(target), name_(fresh_name(target)), file_(create()) {}
  ~TemporaryFile() {
    if (!name_.empty()) unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const char* data, size_t bytes) {
    while (bytes > 0) {
      const ssize_t done = ::write(file_.get(), data, std::min(bytes, size_t{1} << 30));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0 && errno == EFAULT) fail_on_file(verb, target_, "the mapped file that it is written from shrank");
      if (done < 0) fail_on_file(verb, target_);
      data += done;
      bytes -= static_cast<size_t>(done);
    }
  }

  void finish() {
    if (fsync(file_.get()) != 0 || !file_.close() || rename(name_.c_str(), target_.c_str()) != 0)
      fail_on_file(verb, target_);
    name_.clear();
  }

 private:
  static std::string fresh_name(const std::string& target) {
    static std::atomic<unsigned> serial{0};
    return fmt::format("{}.{}-{}.tmp", target, getpid(), serial.fetch_add(1, std::memory_order_relaxed));
  }

  int create() {
    int fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) {  // left by a process that died and had our id
      unlink(name_.c_str());
      fd = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    if (fd >= 0) return fd;
    name_.clear();
    fail_on_file(verb, target_);
  }

  std::string target_;
  std::string name_;
  FileDescriptor file_;
};

/// Extents of 1 and empty arrays are contiguous whatever their strides are, as in NumPy.
bool is_c_contiguous(const ArrayView& view) {
  int64_t step = size_of(view.dtype);
  for (size_t k = view.shape.size(); k-- > 0;) {
    if (view.shape[k] == 0) return true;
    if (view.shape[k] != 1 && view.strides[k] != step) return false;
    step *= view.shape[k];
  }
  return true;
}

ArrayView transposed(ArrayView view) {
  std::reverse(view.shape.begin(), view.shape.end());
  std::reverse(view.strides.begin(), view.strides.end());
  return view;
}

/// Elements in C order, gathered in a staging buffer.
class Gatherer {
 public:
  Gatherer(TemporaryFile& file, const ArrayView& view)
      : file_(file), view_(view), width_(static_cast<size_t>(size_of(view.dtype))), staging_(staging_bytes) {}

  void write() {
    axis(0, view_.data);
    file_.write(staging_.data(), used_);
  }

 private:
  void axis(size_t k, const char* data) {
    if (k == view_.shape.size()) return element(data);
    for (int64_t i = 0; i < view_.shape[k]; ++i) axis(k + 1, data + i * view_.strides[k]);
  }

  void element(const char* data) {
    if (used_ + width_ > staging_bytes) {
      file_.write(staging_.data(), used_);
      used_ = 0;
    }
    std::memcpy(staging_.data() + used_, data, width_);
    used_ += width_;
  }

  TemporaryFile& file_;
  const ArrayView& view_;
  size_t width_;
  Buffer staging_;
  size_t used_ = 0;
};

}  // namespace

void write_npy(const std::string& path, const ArrayView& view) {
  const int64_t count = element_count(view.shape);
  const bool c_order = is_c_contiguous(view);
  const bool fortran_order = !c_order && is_c_contiguous(transposed(view));
  const std::string target = target_of(path);
  const AddressRange range = address_range(view);
  std::optional<MappedGuard> guard;
  if (view.mapped) guard.emplace(std::span(&range, 1));

  TemporaryFile file(target);
  const std::string header = make_npy_header(view.dtype, fortran_order, view.shape);
  file.write(header.data(), header.size());
  if (c_order || fortran_order)
    file.write(view.data, static_cast<size_t>(count) * static_cast<size_t>(size_of(view.dtype)));
  else
    Gatherer(file, view).write();
  if (guard && guard->faulted()) fail_on_file(verb, path, "the mapped file that it is written from shrank");
  file.finish();
}

}  // namespace fuseval::runtime

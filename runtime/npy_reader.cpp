// Everything that the header promises is checked against the file's size before data is touched.
#include "runtime/npy_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ir/error.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::runtime {
namespace {

/// Bytes read from `offset` on: fewer than asked for only at the end of the file.
size_t read_at(int fd, const std::string& path, char* target, size_t bytes, size_t offset) {
  size_t done = 0;
  while (done < bytes) {
    const size_t piece = std::min(bytes - done, size_t{1} << 30);
    const ssize_t got = pread(fd, target + done, piece, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_on_file("read", path);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

std::string read_text(int fd, const std::string& path, size_t bytes, size_t offset) {
  std::string text(bytes, '\0');
  text.resize(read_at(fd, path, text.data(), bytes, offset));
  return text;
}

/// Not blocking: opening a FIFO must not wait for its writer.
std::shared_ptr<const OpenedFile> open_to_read(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) fail_on_file("read", path);
  if (S_ISDIR(status.st_mode)) fail_on_file("read", path, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail_on_file("read", path, "it is not a regular file");
  return std::make_shared<const OpenedFile>(std::move(file), path, FileStamp::of(status));
}

}  // namespace

NpyReader::NpyReader(const std::string& path) : path_(path), file_(open_to_read(path)) { read_header(); }

void NpyReader::read_header() {
  const auto file_bytes = static_cast<size_t>(file_->stamp().size);
  try {
    const NpyPrefix prefix = parse_npy_prefix(read_text(file_->fd(), path_, NpyPrefix::most_bytes, 0));
    const std::string text = read_text(file_->fd(), path_, prefix.header_bytes, prefix.header_offset);
    if (text.size() < prefix.header_bytes) throw Error(ErrorCode::file, "it ends within its header");
    header_ = parse_npy_header(text);
    data_offset_ = prefix.header_offset + prefix.header_bytes;
    data_bytes_ = runtime::data_bytes(header_);
    const size_t present = file_bytes - std::min(file_bytes, data_offset_);
    if (data_bytes_ > present)
      throw Error(ErrorCode::file,
                  fmt::format("it is truncated: shape {} of {} takes {} bytes after the header, but {} are there",
                              to_string(header_.shape), name_of(header_.dtype), data_bytes_, present));
  } catch (const Error& error) {
    if (error.message().starts_with("cannot ")) throw;
    fail_on_file("read", path_, error.message());
  }
}

void NpyReader::read_range(char* target, size_t bytes, size_t offset) const {
  if (read_at(file_->fd(), path_, target, bytes, data_offset_ + offset) < bytes)
    fail_on_file("read", path_, "it shrank while it was read");
}

/// Many short runs, with what is between them: a call of the system for each would take longer.
void NpyReader::read_through_staging(char* target, const ByteRuns& runs) const {
  constexpr size_t staging_bytes = size_t{1} << 18;
  const size_t together = std::max<size_t>(1, staging_bytes / runs.pitch);
  Buffer staging((together - 1) * runs.pitch + runs.bytes);
  for (size_t k = 0; k < runs.count; k += together) {
    const size_t here = std::min(together, runs.count - k);
    read_range(staging.data(), (here - 1) * runs.pitch + runs.bytes, runs.first + k * runs.pitch);
    for (size_t j = 0; j < here; ++j, target += runs.bytes)
      std::memcpy(target, staging.data() + j * runs.pitch, runs.bytes);
  }
}

void NpyReader::read(char* target, const ByteRuns& runs) const {
  constexpr size_t short_pitch = size_t{1} << 14;
  if (runs.pitch <= short_pitch && runs.count > 1) {
    read_through_staging(target, runs);
  } else {
    for (size_t k = 0; k < runs.count; ++k)
      read_range(target + k * runs.bytes, runs.bytes, runs.first + k * runs.pitch);
  }
  if (const auto change = file_->change()) fail_on_file("read", path_, "it " + *change);
  to_native_order(header_, target, runs.total());
}

FileMapping NpyReader::map(size_t offset, size_t bytes) const {
  FileMapping mapping(file_, data_offset_ + offset, bytes);
  if (mapping.data() == nullptr) fail_on_file("read", path_);
  return mapping;
}

void to_native_order(const NpyHeader& header, char* data, size_t bytes) {
  if (!header.swapped) return;
  const size_t width = static_cast<size_t>(size_of(header.dtype)) / (is_complex(header.dtype) ? 2 : 1);
  for (size_t begin = 0; begin < bytes; begin += width) std::reverse(data + begin, data + begin + width);
}

std::vector<int64_t> strides_in_file_order(const NpyHeader& header, const Shape& shape) {
  const int64_t width = size_of(header.dtype);
  if (!header.fortran_order) return c_strides(shape, width);
  std::vector<int64_t> strides = c_strides(Shape(shape.rbegin(), shape.rend()), width);
  std::reverse(strides.begin(), strides.end());
  return strides;
}

}  // namespace fuseval::runtime

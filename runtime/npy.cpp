// Reading .npy files. Everything that the header promises is checked against the file's size before data is touched.
#include "runtime/npy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ir/error.hpp"
#include "runtime/file_descriptor.hpp"
#include "runtime/npy_header.hpp"

namespace fuseval::runtime {
namespace {

constexpr const char* verb = "read";

/// Bytes read from `offset` on: fewer than asked for only at the end of the file.
size_t read_at(int fd, const std::string& path, char* target, size_t bytes, size_t offset) {
  size_t done = 0;
  while (done < bytes) {
    const size_t piece = std::min(bytes - done, size_t{1} << 30);
    const ssize_t got = pread(fd, target + done, piece, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_on_file(verb, path);
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

size_t regular_file_bytes(int fd, const std::string& path) {
  struct stat status {};
  if (fstat(fd, &status) != 0) fail_on_file(verb, path);
  if (S_ISDIR(status.st_mode)) fail_on_file(verb, path, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail_on_file(verb, path, "it is not a regular file");
  return static_cast<size_t>(status.st_size);
}

struct Contents {
  NpyHeader header;
  size_t offset = 0;
  size_t bytes = 0;
};

Contents read_header(int fd, const std::string& path) {
  const size_t file_bytes = regular_file_bytes(fd, path);
  try {
    const NpyPrefix prefix = parse_npy_prefix(read_text(fd, path, NpyPrefix::most_bytes, 0));
    const std::string text = read_text(fd, path, prefix.header_bytes, prefix.header_offset);
    if (text.size() < prefix.header_bytes) throw Error(ErrorCode::file, "it ends within its header");
    Contents contents{parse_npy_header(text), prefix.header_offset + prefix.header_bytes, 0};
    contents.bytes = data_bytes(contents.header);
    const size_t present = file_bytes - std::min(file_bytes, contents.offset);
    if (contents.bytes > present)
      throw Error(
          ErrorCode::file,
          fmt::format("it is truncated: shape {} of {} takes {} bytes after the header, but {} are there",
                      to_string(contents.header.shape), name_of(contents.header.dtype), contents.bytes, present));
    return contents;
  } catch (const Error& error) {
    if (error.message().starts_with("cannot ")) throw;
    fail_on_file(verb, path, error.message());
  }
}

/// Reverses every group of `width` bytes.
void swap_bytes(char* data, size_t bytes, size_t width) {
  for (size_t begin = 0; begin < bytes; begin += width) std::reverse(data + begin, data + begin + width);
}

std::vector<int64_t> strides_of(const NpyHeader& header) {
  const int64_t width = size_of(header.dtype);
  if (!header.fortran_order) return c_strides(header.shape, width);
  std::vector<int64_t> strides = c_strides(Shape(header.shape.rbegin(), header.shape.rend()), width);
  std::reverse(strides.begin(), strides.end());
  return strides;
}

}  // namespace

std::shared_ptr<const NpyFile> NpyFile::open(const std::string& path, bool copy) {
  // Not blocking: opening a FIFO must not wait for its writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) fail_on_file(verb, path);
  const auto [header, offset, bytes] = read_header(file.get(), path);

  std::shared_ptr<NpyFile> result(new NpyFile);
  ArrayView& view = result->view_;
  view.dtype = header.dtype;
  view.shape = header.shape;
  view.strides = strides_of(header);
  view.readonly = true;
  if (copy || header.swapped || bytes == 0) {
    result->buffer_ = Buffer(bytes);
    view.data = result->buffer_.data();
    if (read_at(file.get(), path, view.data, bytes, offset) < bytes)
      fail_on_file(verb, path, "it shrank while it was read");
    const size_t width = static_cast<size_t>(size_of(header.dtype)) / (is_complex(header.dtype) ? 2 : 1);
    if (header.swapped) swap_bytes(view.data, bytes, width);
    return result;
  }
  result->mapping_bytes_ = offset + bytes;
  void* mapping = mmap(nullptr, result->mapping_bytes_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapping == MAP_FAILED) fail_on_file(verb, path);
  result->mapping_ = mapping;
  view.data = static_cast<char*>(mapping) + offset;
  view.mapped = true;
  return result;
}

NpyFile::~NpyFile() {
  if (mapping_) munmap(mapping_, mapping_bytes_);
}

}  // namespace fuseval::runtime

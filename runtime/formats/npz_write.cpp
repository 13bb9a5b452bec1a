// minizip goes back to a member's head when its size and checksum are known, so a member is kept until it is whole.
#include "runtime/formats/npz_write.hpp"

#include <fmt/format.h>
#include <minizip/zip.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "ir/error.hpp"
#include "runtime/file_descriptor.hpp"
#include "runtime/formats/npy_stream.hpp"

namespace fuseval::runtime {
namespace {

/// What minizip has written and the sink has not yet got.
struct Pending {
  std::string bytes;
  size_t base = 0;  ///< of bytes[0] in the archive
  size_t at = 0;    ///< in the archive
};

Pending& pending_of(void* stream) { return *static_cast<Pending*>(stream); }

void* open_pending(void* opaque, const void*, int) { return opaque; }
int close_pending(void*, void*) { return 0; }
int error_of_pending(void*, void*) { return 0; }
uLong read_pending(void*, void*, void*, uLong) { return 0; }
ZPOS64_T tell_pending(void*, void* stream) { return pending_of(stream).at; }

uLong write_pending(void*, void* stream, const void* data, uLong bytes) {
  Pending& pending = pending_of(stream);
  const size_t begin = pending.at - pending.base;
  try {
    if (pending.bytes.size() < begin + bytes) pending.bytes.resize(begin + bytes);
  } catch (const std::bad_alloc&) {
    return 0;  // an error, which minizip passes on
  }
  std::memcpy(pending.bytes.data() + begin, data, bytes);
  pending.at += bytes;
  return bytes;
}

long seek_pending(void*, void* stream, ZPOS64_T offset, int origin) {
  Pending& pending = pending_of(stream);
  const size_t end = pending.base + pending.bytes.size();
  const size_t from = origin == ZLIB_FILEFUNC_SEEK_CUR ? pending.at : origin == ZLIB_FILEFUNC_SEEK_END ? end : 0;
  const size_t target = from + offset;
  if (target < pending.base || target > end) return -1;
  pending.at = target;
  return 0;
}

void require(bool holds) {
  if (!holds) throw Error(ErrorCode::memory, "the archive cannot be made: out of memory");
}

void require_names(std::span<const NamedView> arrays) {
  for (size_t k = 0; k < arrays.size(); ++k) {
    const std::string& name = arrays[k].name;
    if (name.empty() || name.find('\0') != std::string::npos || name.size() > 1000)
      throw Error(ErrorCode::argument, fmt::format("a member of a .npz file cannot be named {}", quoted(name)));
    for (size_t j = 0; j < k; ++j)
      if (arrays[j].name == name)
        throw Error(ErrorCode::argument, fmt::format("two members of the .npz file would be named {}", quoted(name)));
  }
}

class NpzWriter {
 public:
  explicit NpzWriter(const ByteSink& sink) : sink_(sink) {
    zlib_filefunc64_def functions{open_pending, read_pending,  write_pending,    tell_pending,
                                  seek_pending, close_pending, error_of_pending, &pending_};
    zip_ = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &functions);
    require(zip_ != nullptr);
  }
  ~NpzWriter() {
    if (zip_ != nullptr) zipClose(zip_, nullptr);
  }
  NpzWriter(const NpzWriter&) = delete;
  NpzWriter& operator=(const NpzWriter&) = delete;

  void add(const NamedView& array) {
    const std::string name = array.name + ".npy";
    const zip_fileinfo undated{{0, 0, 0, 1, 0, 1980}, 0, 0, 0};
    constexpr int stored = 0, zip64 = 1;
    require(zipOpenNewFileInZip64(zip_, name.c_str(), &undated, nullptr, 0, nullptr, 0, nullptr, stored, 0, zip64) ==
            ZIP_OK);
    write_npy_stream({&array, 1}, [&](const char* data, size_t bytes) {
      for (size_t piece = 0; bytes > 0; data += piece, bytes -= piece) {
        piece = std::min(bytes, size_t{1} << 30);
        require(zipWriteInFileInZip(zip_, data, static_cast<unsigned>(piece)) == ZIP_OK);
      }
    });
    require(zipCloseFileInZip(zip_) == ZIP_OK);
    flush();
  }

  void finish() {
    require(zipClose(std::exchange(zip_, nullptr), nullptr) == ZIP_OK);
    flush();
  }

 private:
  void flush() {
    sink_(pending_.bytes.data(), pending_.bytes.size());
    pending_.base += pending_.bytes.size();
    pending_.bytes.clear();
  }

  const ByteSink& sink_;
  Pending pending_;
  zipFile zip_ = nullptr;
};

}  // namespace

void write_npz(std::span<const NamedView> arrays, const ByteSink& sink) {
  require_names(arrays);
  NpzWriter writer(sink);
  for (const NamedView& array : arrays) writer.add(array);
  writer.finish();
}

}  // namespace fuseval::runtime

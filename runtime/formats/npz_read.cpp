// Zip archives are minizip's business; it reads through the functions below, so that an archive may come by a pipe.
#include "runtime/formats/npz_read.hpp"

#include <fmt/format.h>
#include <minizip/unzip.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "ir/error.hpp"
#include "runtime/formats/npy_stream.hpp"

namespace fuseval::runtime {
namespace {

constexpr std::string_view suffix = ".npy";
constexpr const char* wrong_checksum = "it is damaged: its checksum is wrong";
constexpr size_t longest_name = size_t{1} << 16;

/// The archive: an open file, or what a pipe gave.
struct Archive {
  int fd = -1;
  Buffer memory;
  size_t size = 0;
  size_t at = 0;
};

Archive& archive_of(void* stream) { return *static_cast<Archive*>(stream); }

void* open_archive(void* opaque, const void*, int) { return opaque; }
int close_archive(void*, void*) { return 0; }
int no_error(void*, void*) { return 0; }
ZPOS64_T tell(void*, void* stream) { return archive_of(stream).at; }

uLong read_archive(void*, void* stream, void* target, uLong bytes) {
  Archive& archive = archive_of(stream);
  const size_t wanted = std::min<size_t>(bytes, archive.size - std::min(archive.size, archive.at));
  size_t done = 0;
  if (archive.fd < 0) {
    std::memcpy(target, archive.memory.data() + archive.at, wanted);
    done = wanted;
  }
  while (done < wanted) {
    const ssize_t got =
        pread(archive.fd, static_cast<char*>(target) + done, wanted - done, static_cast<off_t>(archive.at + done));
    if (got <= 0) break;
    done += static_cast<size_t>(got);
  }
  archive.at += done;
  return done;
}

long seek(void*, void* stream, ZPOS64_T offset, int origin) {
  Archive& archive = archive_of(stream);
  const size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? archive.at
                      : origin == ZLIB_FILEFUNC_SEEK_END ? archive.size
                                                         : 0;
  size_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target > archive.size) return -1;
  archive.at = target;
  return 0;
}

struct CloseZip {
  void operator()(void* file) const { unzClose(file); }
};

class NpzReader {
 public:
  NpzReader(ByteSource& source, const ReadOptions& options) : source_(source), options_(options) {
    if (source.file()) {
      archive_.fd = source.file()->fd();
      archive_.size = static_cast<size_t>(source.file()->stamp().size);
    } else {
      archive_.memory = source.read_to_end(archive_.size);
    }
    zlib_filefunc64_def functions{open_archive, read_archive, nullptr, tell, seek, close_archive, no_error, &archive_};
    zip_.reset(unzOpen2_64("", &functions));
    if (!zip_) fail_on_directory();
  }

  DataArrays read() {
    for (int state = unzGoToFirstFile(zip_.get()); state != UNZ_END_OF_LIST_OF_FILE;
         state = unzGoToNextFile(zip_.get())) {
      if (state != UNZ_OK) source_.fail("its list of members is damaged");
      read_member();
    }
    source_.require_unchanged();
    for (const std::string& name : options_.names)
      if (!options_.passes_over_missing && std::find(found_.begin(), found_.end(), name) == found_.end())
        fail_on_unknown(name);
    return std::move(result_);
  }

 private:
  // A zip archive begins with a member and ends with the central directory, which a truncated file has lost.
  [[noreturn]] void fail_on_directory() {
    if (has_end_record()) source_.fail("its list of members is damaged");
    char start[4] = {};
    archive_.at = 0;
    const bool is_zip = read_archive(nullptr, &archive_, start, 4) == 4 && std::memcmp(start, "PK\3\4", 4) == 0;
    source_.fail(is_zip ? "it is truncated: the list of members at its end is missing" : "it is not a .npz file");
  }

  /// Whether the archive's last record is there: 22 bytes and a comment.
  bool has_end_record() {
    std::string end(std::min(archive_.size, size_t{22} + 0xFFFF), '\0');
    archive_.at = archive_.size - end.size();
    end.resize(read_archive(nullptr, &archive_, end.data(), end.size()));
    return end.find("PK\5\6") != std::string::npos;
  }

  [[noreturn]] void fail_on_unknown(const std::string& name) const {
    std::string list;
    for (size_t k = 0; k < found_.size() && k < 20; ++k) list += (k > 0 ? ", " : "") + found_[k];
    source_.fail(fmt::format("it has no member {}; it has {}{}", quoted(name), found_.empty() ? "no array" : list,
                             found_.size() > 20 ? ", ..." : ""));
  }

  void read_member() {
    std::string name(longest_name, '\0');
    unz_file_info64 info{};
    if (unzGetCurrentFileInfo64(zip_.get(), &info, name.data(), name.size(), nullptr, 0, nullptr, 0) != UNZ_OK)
      source_.fail("its list of members is damaged");
    name.resize(std::min<size_t>(std::strlen(name.c_str()), info.size_filename));
    if (!name.ends_with(suffix)) return;
    name.resize(name.size() - suffix.size());
    if (std::find(found_.begin(), found_.end(), name) != found_.end())
      source_.fail(fmt::format("two of its members are named {}", quoted(name)));
    found_.push_back(name);
    const auto& wanted = options_.names;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) read_array(name, info);
  }

  void read_array(const std::string& name, const unz_file_info64& info) {
    if ((info.flag & 1) != 0) fail(name, "it is encrypted");
    if (unzOpenCurrentFile(zip_.get()) != UNZ_OK) fail(name, "it is damaged, or packed in a way that is not known");
    DataArray& array = result_.arrays.emplace_back();
    array.name = name;
    try {
      array.view =
          read_npy_stream([&](char* target, size_t bytes) { return read_bytes(name, target, bytes); }, result_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::file || error.message().starts_with("cannot ")) throw;
      array.fault = source_.message(
          fmt::format("member {}: {}", quoted(name), closes_with_checksum() ? error.message() : wrong_checksum));
      return;
    }
    char more = 0;
    const bool has_more = read_bytes(name, &more, 1) != 0;
    if (!closes_with_checksum()) fail(name, wrong_checksum);
    if (has_more) fail(name, "it has more bytes than its header says");
  }

  /// Closes the member; whether its checksum is right. minizip compares the checksum only if the whole member was
  /// read. A damaged header may ask for more or fewer bytes than there are, which does not make the member truncated.
  bool closes_with_checksum() const {
    char rest[size_t{1} << 14];
    int got = 1;
    while (got > 0) got = unzReadCurrentFile(zip_.get(), rest, sizeof rest);
    return unzCloseCurrentFile(zip_.get()) != UNZ_CRCERROR && got == 0;
  }

  size_t read_bytes(const std::string& name, char* target, size_t bytes) const {
    size_t done = 0;
    while (done < bytes) {
      const auto piece = static_cast<unsigned>(std::min(bytes - done, size_t{1} << 30));
      const int got = unzReadCurrentFile(zip_.get(), target + done, piece);
      if (got < 0) fail(name, "its packed bytes are damaged");
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  [[noreturn]] void fail(const std::string& member, const std::string& reason) const {
    source_.fail(fmt::format("member {}: {}", quoted(member), reason));
  }

  ByteSource& source_;
  const ReadOptions& options_;
  Archive archive_;
  std::unique_ptr<void, CloseZip> zip_;
  std::vector<std::string> found_;
  DataArrays result_;
};

}  // namespace

DataArrays read_npz(ByteSource& source, const ReadOptions& options) { return NpzReader(source, options).read(); }

}  // namespace fuseval::runtime

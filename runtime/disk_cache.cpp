#include "runtime/disk_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <vector>

#include "ir/error.hpp"
#include "runtime/environment.hpp"
#include "runtime/file_descriptor.hpp"
#include "runtime/temporary_file.hpp"

namespace fuseval::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view entry_suffix = ".entry";
constexpr std::string_view lock_prefix = "lock-";
constexpr int locks = 64;  // files that stay: a lock file that comes and goes cannot be locked without a race
constexpr auto abandoned = std::chrono::hours(1);

/// In front of key and value. Little-endian, like the machines that the code in it is for.
struct Header {
  char magic[8] = {'f', 'v', 'c', 'a', 'c', 'h', 'e', '1'};
  uint64_t key_bytes = 0;
  uint64_t value_bytes = 0;
  uint64_t checksum = 0;
};

/// FNV-1a over words of eight bytes, then over the rest: finds damage, and buckets keys. Not for keeping attackers out:
/// ownership does that.
uint64_t hash(std::string_view bytes, uint64_t state = 0xcbf29ce484222325u) {
  constexpr uint64_t prime = 0x100000001b3u;
  const auto mix = [&](uint64_t word) {
    state = (state ^ word) * prime;
    state ^= state >> 29;
  };
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    memcpy(&word, bytes.data() + at, 8);
    mix(word);
  }
  for (; at < bytes.size(); ++at) mix(static_cast<unsigned char>(bytes[at]));
  return state;
}

uint64_t checksum(std::string_view key, std::string_view value) { return hash(value, hash(key) ^ value.size()); }

bool is_mine(const struct stat& status) { return status.st_uid == geteuid() && (status.st_mode & 022) == 0; }

/// The whole file, if it is a regular file of ours; "" otherwise.
std::string read_file(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !is_mine(status)) return {};
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t done = read(fd, bytes.data() + at, bytes.size() - at);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return {};
    at += static_cast<size_t>(done);
  }
  return bytes;
}

/// The value, if the file is whole and its key is this one.
std::optional<std::string> value_in(std::string file, std::string_view key) {
  Header header;
  const Header good;
  if (file.size() < sizeof header) return std::nullopt;
  memcpy(&header, file.data(), sizeof header);
  const uint64_t payload = file.size() - sizeof header;
  const bool whole = memcmp(header.magic, good.magic, sizeof good.magic) == 0 && header.key_bytes == key.size() &&
                     payload >= header.key_bytes && payload - header.key_bytes == header.value_bytes;
  if (!whole || std::string_view(file).substr(sizeof header, key.size()) != key) return std::nullopt;
  file.erase(0, sizeof header + key.size());
  if (header.checksum != checksum(key, file)) return std::nullopt;
  return file;
}

/// Makes the folder and what is missing above it, all for this user alone. "" or why not.
std::string make_folder(const std::string& folder) {
  for (size_t at = 1; at <= folder.size(); ++at) {
    if (at < folder.size() && folder[at] != '/') continue;
    const std::string part = folder.substr(0, at);
    if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST && access(part.c_str(), F_OK) != 0)
      return fmt::format("{} cannot be made: {}", part, std::generic_category().message(errno));
  }
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return folder + ": " + std::generic_category().message(errno);
  if (!S_ISDIR(status.st_mode)) return folder + " is no folder";
  if (!is_mine(status)) return folder + " belongs to another user, or others may write it";
  if (access(folder.c_str(), R_OK | W_OK | X_OK) != 0) return folder + " may not be written";
  return "";
}

/// Holds one of the folder's lock files. Where the file system has no locks, or the wait is over, it holds nothing: the
/// work is then done twice, which is no harm.
class Lock {
 public:
  Lock(const std::string& path, int wait_milliseconds)
      : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_milliseconds);
    auto pause = std::chrono::microseconds(50);
    while (file_.get() >= 0 && flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::microseconds(5000));
    }
  }
  ~Lock() { flock(file_.get(), LOCK_UN); }  // closing does not while a process that was forked meanwhile has it open
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  FileDescriptor file_;
};

/// Used now, for the order in which entries go. Written at most once a minute: a hit then costs no write.
void touch(int fd) {
  struct stat status {};
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (fstat(fd, &status) == 0 && now.tv_sec - status.st_mtim.tv_sec > 60) futimens(fd, nullptr);
}

}  // namespace

std::optional<std::string> cache_folder() {
  if (const auto own = environment_value("FUSEVAL_CACHE_DIR"))
    return own->empty() ? std::nullopt : std::optional<std::string>(*own);
  const std::string base = environment("XDG_CACHE_HOME");
  if (base.starts_with('/')) return base + "/fuseval";  // relative paths are to be ignored, the specification says
  const std::string home = environment("HOME");
  return home.starts_with('/') ? std::optional(home + "/.cache/fuseval") : std::nullopt;
}

DiskCache::DiskCache(std::string folder, Options options) : folder_(std::move(folder)), options_(options) {
  reason_ = folder_.empty() ? "no folder for it" : make_folder(folder_);
}

std::string DiskCache::path_of(std::string_view key) const {
  return fmt::format("{}/{:016x}{}", folder_, hash(key), entry_suffix);
}

std::optional<std::string> DiskCache::find(std::string_view key) const {
  if (!is_usable()) return std::nullopt;
  const FileDescriptor file(open(path_of(key).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return std::nullopt;
  auto value = value_in(read_file(file.get()), key);
  if (value) touch(file.get());
  return value;
}

bool DiskCache::store(std::string_view key, std::string_view value) const {
  if (!is_usable()) return false;
  Header header;
  header.key_bytes = key.size();
  header.value_bytes = value.size();
  header.checksum = checksum(key, value);
  try {
    // Not synced: after a power cut the checksum tells.
    TemporaryFile file(FileTarget::exactly(path_of(key)), {.is_synced = false, .mode = 0600});
    file.write(reinterpret_cast<const char*>(&header), sizeof header);
    file.write(key.data(), key.size());
    file.write(value.data(), value.size());
    file.finish();
  } catch (const Error&) {
    return false;
  }
  enforce_cap();
  return true;
}

void DiskCache::erase(std::string_view key) const {
  if (is_usable()) unlink(path_of(key).c_str());
}

std::string DiskCache::find_or_make(std::string_view key, const std::function<std::string()>& make) const {
  if (auto value = find(key)) return std::move(*value);
  if (!is_usable()) return make();
  const Lock lock(fmt::format("{}/{}{:02x}", folder_, lock_prefix, hash(key) % locks), options_.wait_milliseconds);
  if (auto value = find(key)) return std::move(*value);
  std::string value = make();
  store(key, value);
  return value;
}

void DiskCache::enforce_cap() const {
  struct Entry {
    fs::path path;
    fs::file_time_type used;
    uint64_t bytes = 0;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (const auto& file : fs::directory_iterator(folder_, error)) {
    std::error_code gone;  // by another process: no matter
    const Entry entry{file.path(), file.last_write_time(gone), file.file_size(gone)};
    if (gone) continue;
    const std::string name = entry.path.filename().string();
    if (name.ends_with(".tmp") && now - entry.used > abandoned) fs::remove(entry.path, gone);
    if (!name.ends_with(entry_suffix)) continue;
    total += entry.bytes;
    entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= options_.most_bytes) return;
    std::error_code gone;
    fs::remove(entry.path, gone);
    total -= entry.bytes;
  }
}

}  // namespace fuseval::runtime

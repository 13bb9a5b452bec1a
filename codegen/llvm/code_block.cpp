#include "codegen/llvm/code_block.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

[[noreturn]] void refuse(int reason) {
  const std::string words = std::generic_category().message(reason);
  if (reason == ENOMEM) throw Error(ErrorCode::memory, fmt::format("no memory for machine code: {}", words));
  throw Error(
      ErrorCode::unsupported,
      fmt::format("this process may not run code that it has compiled ({}): a rule against memory that is written and "
                  "then executed forbids it, such as MemoryDenyWriteExecute= of a systemd unit, prctl(PR_SET_MDWE) or "
                  "SELinux's execmem; fuseval needs to be exempt from it",
                  words));
}

bool write_all(int file, const char* data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t written = write(file, data, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    bytes -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

CodeBlock::~CodeBlock() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

void CodeBlock::map(size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) refuse(errno);
  data_ = static_cast<char*>(memory);
  bytes_ = bytes;
}

void CodeBlock::protect(const std::vector<Part>& parts) {
  const auto fails = [](const Part& part) { return mprotect(part.begin, part.bytes, part.protection) != 0; };
  if (std::none_of(parts.begin(), parts.end(), fails)) return;
  const int reason = errno;
  if ((reason != EACCES && reason != EPERM) || !map_from_file(parts)) refuse(reason);
}

bool CodeBlock::map_from_file(const std::vector<Part>& parts) const {
  const int file = memfd_create("fuseval-code", MFD_CLOEXEC);
  if (file < 0) return false;
  const auto is_mapped = [&](const Part& part) {
    return mmap(part.begin, part.bytes, part.protection, MAP_PRIVATE | MAP_FIXED, file, part.begin - data_) !=
           MAP_FAILED;
  };
  const bool done = write_all(file, data_, bytes_) && std::all_of(parts.begin(), parts.end(), is_mapped);
  close(file);
  return done;
}

}  // namespace fuseval::codegen

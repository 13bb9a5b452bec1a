#include "runtime/file_mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace fuseval::runtime {

FileMapping::FileMapping(std::shared_ptr<const OpenedFile> file, size_t offset, size_t bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), before = offset % page;
  void* const pages =
      mmap(nullptr, before + bytes, PROT_READ, MAP_PRIVATE, file->fd(), static_cast<off_t>(offset - before));
  if (pages == MAP_FAILED) return;
  pages_ = pages;
  length_ = before + bytes;
  data_ = static_cast<char*>(pages) + before;
  const auto begin = reinterpret_cast<uintptr_t>(pages);
  known_ = KnownMapping({begin, begin + length_}, std::move(file));
}

FileMapping::~FileMapping() {
  known_ = {};  // before another mapping can have these addresses
  if (pages_ != nullptr) munmap(pages_, length_);
}

}  // namespace fuseval::runtime

#include "runtime/file_mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace fuseval::runtime {

FileMapping::FileMapping(int fd, size_t offset, size_t bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), before = offset % page;
  void* const pages = mmap(nullptr, before + bytes, PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(offset - before));
  if (pages == MAP_FAILED) return;
  pages_ = pages;
  length_ = before + bytes;
  data_ = static_cast<char*>(pages) + before;
}

FileMapping::~FileMapping() {
  if (pages_ != nullptr) munmap(pages_, length_);
}

}  // namespace fuseval::runtime

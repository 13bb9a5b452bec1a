// Pages of a file, mapped to be read.
#pragma once

#include <cstddef>
#include <utility>

#include "runtime/mapped_files.hpp"

namespace fuseval::runtime {

class FileMapping {
 public:
  FileMapping() = default;
  /// The pages that have the bytes [offset, offset + bytes) of the file, at least one, which is known as its mapping.
  /// Not there (data() == nullptr, with errno) when the system refuses.
  FileMapping(std::shared_ptr<const OpenedFile> file, size_t offset, size_t bytes);
  ~FileMapping();
  FileMapping(FileMapping&& other) noexcept { *this = std::move(other); }
  FileMapping& operator=(FileMapping&& other) noexcept {
    std::swap(pages_, other.pages_);
    std::swap(length_, other.length_);
    std::swap(data_, other.data_);
    std::swap(known_, other.known_);
    return *this;
  }

  /// The byte at `offset`.
  char* data() const { return data_; }

 private:
  void* pages_ = nullptr;
  size_t length_ = 0;
  char* data_ = nullptr;
  KnownMapping known_;
};

}  // namespace fuseval::runtime

// The files behind the mappings that fuseval makes: whether one has changed is told by the address of what is read.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "runtime/buffer.hpp"
#include "runtime/opened_file.hpp"

namespace fuseval::runtime {

/// While it lives, the addresses are known to be a mapping of the file.
class KnownMapping {
 public:
  KnownMapping() = default;
  KnownMapping(AddressRange range, std::shared_ptr<const OpenedFile> file);
  ~KnownMapping();
  KnownMapping(KnownMapping&& other) noexcept { *this = std::move(other); }
  KnownMapping& operator=(KnownMapping&& other) noexcept {
    std::swap(entry_, other.entry_);
    std::swap(file_, other.file_);
    return *this;
  }

 private:
  void* entry_ = nullptr;
  std::shared_ptr<const OpenedFile> file_;
};

/// Why the elements there are not those that were mapped: the first changed file among those that are known. The
/// mappings of the ranges must stay.
std::optional<std::string> change_behind(std::span<const AddressRange> ranges);

/// Whether the address is in a file that fuseval has mapped.
bool is_known_mapping(const void* address);

}  // namespace fuseval::runtime

#include "runtime/mapped_files.hpp"

#include <fmt/format.h>

#include <mutex>

#include "runtime/mutex.hpp"
#include "runtime/range_table.hpp"

namespace fuseval::runtime {
namespace {

using MappingTable = RangeTable<std::atomic<const OpenedFile*>>;

/// Views come from hosts as addresses and nothing else, so this is one for the process. A forked child has its parent's
/// mappings, and this table of them.
struct Mappings {
  MappingTable table;
  Mutex lock;
};
constinit Mappings mappings;

/// The file that the address is of. Its mapping stays, and so does the file.
const OpenedFile* file_behind(uintptr_t address) {
  const OpenedFile* file = nullptr;
  mappings.table.each([&](MappingTable::Entry& entry) {
    const AddressRange known = MappingTable::bounds(entry);
    if (known.begin <= address && address < known.end) file = entry.known.load(std::memory_order_acquire);
    return file == nullptr;
  });
  return file;
}

}  // namespace

KnownMapping::KnownMapping(AddressRange range, std::shared_ptr<const OpenedFile> file) : file_(std::move(file)) {
  const std::lock_guard lock(mappings.lock);
  entry_ = mappings.table.publish(range, [&](auto& known) { known.store(file_.get(), std::memory_order_release); });
}

KnownMapping::~KnownMapping() {
  if (entry_ == nullptr) return;
  const std::lock_guard lock(mappings.lock);
  MappingTable::withdraw(*static_cast<MappingTable::Entry*>(entry_));
}

std::optional<std::string> change_behind(std::span<const AddressRange> ranges) {
  for (const AddressRange& range : ranges)
    if (const OpenedFile* file = range.begin < range.end ? file_behind(range.begin) : nullptr)
      if (const auto change = file->change())
        return fmt::format("the mapped file {} {}", quoted(file->path()), *change);
  return std::nullopt;
}

bool is_known_mapping(const void* address) { return file_behind(reinterpret_cast<uintptr_t>(address)) != nullptr; }

}  // namespace fuseval::runtime

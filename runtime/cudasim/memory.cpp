#include "runtime/cudasim/memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "ir/counted.hpp"
#include "ir/error.hpp"

namespace fuseval::runtime::cudasim {
namespace {

constexpr size_t kept_after_free = 256;
constexpr size_t near = 1 << 16;

size_t page_bytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }
size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

template <class Allocations>
auto after(const Allocations& allocations, uintptr_t address) {
  return std::upper_bound(allocations.begin(), allocations.end(), address,
                          [](uintptr_t value, const auto& allocation) { return value < allocation->begin; });
}

[[noreturn]] void out_of_memory(size_t bytes) {
  throw Error(ErrorCode::memory, fmt::format("cudasim: no memory for an allocation of {} bytes", bytes));
}

}  // namespace

Allocation::Allocation(size_t bytes, size_t alignment) {
  const size_t page = page_bytes();
  alignment = std::max<size_t>(alignment, 16);
  if (!std::has_single_bit(alignment) || alignment > page)
    throw Error(ErrorCode::internal, fmt::format("cudasim: an alignment of {} bytes", alignment));
  if (bytes > SIZE_MAX / 4) out_of_memory(bytes);
  const size_t room = round_up(round_up(bytes, alignment), page);
  mapped_ = room + 2 * page;
  mapping_ = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping_ == MAP_FAILED) out_of_memory(bytes);
  auto* const data = static_cast<char*>(mapping_) + page;
  words = static_cast<uint64_t*>(std::calloc(bytes / 4 + 2, sizeof(uint64_t)));
  if (!words || mprotect(data, room, PROT_READ | PROT_WRITE) != 0) {
    munmap(mapping_, mapped_);
    std::free(words);
    out_of_memory(bytes);
  }
  begin = reinterpret_cast<uintptr_t>(data + room - round_up(bytes, alignment));
  end = begin + bytes;
  std::fill_n(reinterpret_cast<uint32_t*>(begin), round_up(bytes, 16) / 4, poison);
}

Allocation::Allocation(const Adopted& adopted) : begin(adopted.address), end(adopted.address + adopted.bytes) {
  if (begin == 0 || begin % 4 != 0 || end < begin || adopted.bytes == 0)
    throw Error(ErrorCode::internal,
                fmt::format("cudasim: cannot adopt {} bytes of memory at {:#x}", adopted.bytes, adopted.address));
  words = static_cast<uint64_t*>(std::calloc(adopted.bytes / 4 + 2, sizeof(uint64_t)));
  if (!words) out_of_memory(adopted.bytes);
}

Allocation::~Allocation() {
  if (is_own()) munmap(mapping_, mapped_);
  std::free(words);
}

void Allocation::retire() {
  if (is_own()) mmap(mapping_, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  std::free(std::exchange(words, nullptr));
}

void Allocation::mark_written(uintptr_t from, uintptr_t to) {
  if (from < to) std::fill(words + (from - begin) / 4, words + (to - begin + 3) / 4, WordStamp::host);
}

Allocation* AllocationTable::find(uintptr_t address) const {
  const auto next = after(live, address);
  if (next == live.begin()) return nullptr;
  Allocation* const allocation = std::prev(next)->get();
  return address < allocation->end ? allocation : nullptr;
}

std::string AllocationTable::describe(uintptr_t address) const {
  for (const auto& allocation : freed)
    if (allocation->begin <= address && address < allocation->end)
      return fmt::format("in an allocation of {} that has been freed", counted(allocation->bytes(), "byte"));
  const auto next = after(live, address);
  const size_t past = next == live.begin() ? SIZE_MAX : address - (*std::prev(next))->end;
  const size_t ahead = next == live.end() ? SIZE_MAX : (*next)->begin - address;
  if (std::min(past, ahead) >= near) return fmt::format("at {:#x}, which is not in the device's memory", address);
  if (past <= ahead)
    return fmt::format("{} after the end of an allocation of {}", counted(past, "byte"),
                       counted((*std::prev(next))->bytes(), "byte"));
  return fmt::format("{} before the begin of an allocation of {}", counted(ahead, "byte"),
                     counted((*next)->bytes(), "byte"));
}

uint64_t Memory::allocate(size_t bytes, size_t alignment) {
  auto allocation = std::make_shared<Allocation>(bytes, alignment);
  const uintptr_t address = allocation->begin;
  add(std::move(allocation));
  return address;
}

void Memory::adopt(uint64_t address, size_t bytes) {
  add(std::make_shared<Allocation>(Allocation::Adopted{address, bytes}));
}

void Memory::add(std::shared_ptr<Allocation> allocation) {
  const std::lock_guard lock(mutex_);
  auto table = std::make_shared<AllocationTable>(*table_);
  const auto next = after(table->live, allocation->begin);
  if ((next != table->live.end() && (*next)->begin < allocation->end) ||
      (next != table->live.begin() && allocation->begin < (*std::prev(next))->end))
    throw Error(ErrorCode::internal, "cudasim: cannot adopt what overlaps an allocation");
  table->live.insert(next, std::move(allocation));
  table_ = std::move(table);
}

void Memory::remove(uint64_t address, bool own) {
  if (address == 0) return;
  const std::lock_guard lock(mutex_);
  auto table = std::make_shared<AllocationTable>(*table_);
  const auto place = std::find_if(table->live.begin(), table->live.end(),
                                  [&](const auto& allocation) { return allocation->begin == address; });
  if (place == table->live.end() || (*place)->is_own() != own)
    throw Error(ErrorCode::internal, own ? "cudasim: freed what is no allocation of the device, or was freed before"
                                         : "cudasim: forgot what was not adopted, or was forgotten before");
  (*place)->retire();
  table->freed.push_back(*place);
  table->live.erase(place);
  if (table->freed.size() > kept_after_free) table->freed.pop_front();
  table_ = std::move(table);
}

bool Memory::owns(uint64_t address, size_t bytes) const {
  const auto now = table();
  const Allocation* const allocation = now->find(address);
  return allocation != nullptr && allocation->end - address >= bytes;
}

namespace {

Allocation& whole_range(const AllocationTable& table, uint64_t address, size_t bytes) {
  Allocation* const allocation = table.find(address);
  if (!allocation || allocation->end - address < bytes)
    throw Error(ErrorCode::internal,
                fmt::format("cudasim: a copy of {} {}", counted(bytes, "byte"),
                            allocation ? fmt::format("leaves an allocation of {}", allocation->bytes())
                                       : "begins " + table.describe(address)));
  return *allocation;
}

}  // namespace

void Memory::mark_written(uint64_t address, size_t bytes) {
  if (bytes > 0) whole_range(*table(), address, bytes).mark_written(address, address + bytes);
}

void Memory::mark_copied(uint64_t to, uint64_t from, size_t bytes) {
  if (bytes == 0) return;
  const auto now = table();
  Allocation& target = whole_range(*now, to, bytes);
  const Allocation& source = whole_range(*now, from, bytes);
  const size_t first = (from - source.begin) / 4;
  const size_t last = (from + bytes - 1 - source.begin) / 4;
  const std::vector<uint64_t> stamps(source.words + first, source.words + last + 1);  // the ranges may overlap
  const auto is_written = [&](size_t offset) { return stamps[(from + offset - source.begin) / 4 - first] != 0; };
  for (size_t offset = 0; offset < bytes;) {
    const size_t next = std::min(bytes, offset + 4 - (to + offset) % 4);
    uint64_t& stamp = target.words[(to + offset - target.begin) / 4];
    if (is_written(offset) && is_written(next - 1))
      stamp = WordStamp::host;
    else if (next - offset == 4)
      stamp = 0;
    offset = next;
  }
}

void Memory::copy_in(uint64_t to, const void* from, size_t bytes) {
  if (bytes == 0) return;
  mark_written(to, bytes);
  std::memcpy(reinterpret_cast<void*>(to), from, bytes);
}

void Memory::copy_out(void* to, uint64_t from, size_t bytes) const {
  if (bytes == 0) return;
  whole_range(*table(), from, bytes);
  std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
}

std::shared_ptr<const AllocationTable> Memory::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

}  // namespace fuseval::runtime::cudasim

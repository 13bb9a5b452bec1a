#include "engine/device/device_copies.hpp"

#include <bit>

#include "ir/collapse.hpp"
#include "ir/error.hpp"
#include "ir/layout.hpp"

namespace fuseval::engine {
namespace {

// Copies that are not made again and again are not worth more memory.
constexpr size_t most_known = 1024;

int64_t address_mod_16(const char* address) { return static_cast<int64_t>(reinterpret_cast<uintptr_t>(address) & 15); }

DType unsigned_of_bytes(int64_t bytes) {
  switch (bytes) {
    case 1:
      return DType::uint8;
    case 2:
      return DType::uint16;
    case 4:
      return DType::uint32;
    default:
      return DType::uint64;
  }
}

/// The largest number whose multiples all of these are, of 1, 2, 4 and 8: pieces of a message may lie anywhere.
int64_t unit_of(char* const* arrays, const std::vector<int64_t>& to, const std::vector<int64_t>& from,
                int64_t itemsize) {
  uint64_t all = 8 | static_cast<uint64_t>(itemsize) | reinterpret_cast<uintptr_t>(arrays[0]) |
                 reinterpret_cast<uintptr_t>(arrays[1]);
  for (const auto* strides : {&to, &from})
    for (const int64_t stride : *strides) all |= static_cast<uint64_t>(stride);
  return int64_t{1} << std::countr_zero(all);
}

/// Buffer 0 to buffer 1, as whole numbers of so many bytes.
LoopNest nest_of(const std::vector<int64_t>& to_strides, const std::vector<int64_t>& from_strides, const Shape& shape,
                 int64_t itemsize, int64_t unit) {
  const DType dtype = unsigned_of_bytes(unit);
  const std::vector<int64_t> to = settled({shape, to_strides}, itemsize).strides,
                             from = settled({shape, from_strides}, itemsize).strides;
  LoopNest nest;
  nest.operands = {{OperandKind::load, dtype, 0, 0, from, false}, {OperandKind::store, dtype, 1, 0, to, false}};
  for (const int64_t extent : shape) nest.axes.push_back({extent, AxisKind::parallel});
  if (itemsize > unit) {
    nest.axes.push_back({itemsize / unit, AxisKind::parallel});
    for (Operand& operand : nest.operands) operand.strides.push_back(unit);
  }
  nest.body.push_back({InstructionKind::load, Op::add, dtype, {no_value, no_value, no_value}, 0});
  nest.body.push_back({InstructionKind::store, Op::add, dtype, {0, no_value, no_value}, 1});
  collapse(nest);
  return nest;
}

/// Whether both are one range of bytes, in the same order.
bool is_dense(const LoopNest& nest) {
  if (nest.axes.empty()) return true;
  if (nest.axes.size() > 1) return false;
  for (const Operand& operand : nest.operands)
    if (operand.offset != 0 || operand.strides[0] != size_of(operand.dtype)) return false;
  return true;
}

}  // namespace

void DeviceCopies::copy(DeviceQueue& queue, char* to, const std::vector<int64_t>& to_strides, const char* from,
                        const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) {
  if (element_count(shape) == 0) return;
  Key key(shape);
  key.insert(key.end(), to_strides.begin(), to_strides.end());
  key.insert(key.end(), from_strides.begin(), from_strides.end());
  key.insert(key.end(), {itemsize, address_mod_16(to), address_mod_16(from)});
  char* const arrays[] = {const_cast<char*>(from), to};
  auto known = known_.find(key);
  if (known == known_.end()) {
    if (known_.size() >= most_known) known_.clear();
    known = known_.emplace(std::move(key), make(arrays, to_strides, from_strides, shape, itemsize)).first;
  }
  if (known->second.launches.empty()) return queue.copy(to, from, known->second.bytes);
  known->second.launches[0].run(queue, arrays, nullptr);
  space_.counters.add(space_.counters.launches, 1);
}

DeviceCopies::Copy DeviceCopies::make(char* const* arrays, const std::vector<int64_t>& to_strides,
                                      const std::vector<int64_t>& from_strides, const Shape& shape, int64_t itemsize) {
  const int64_t unit = unit_of(arrays, to_strides, from_strides, itemsize);
  Copy made{nest_of(to_strides, from_strides, shape, itemsize, unit), {}, 0};
  made.bytes = static_cast<size_t>(element_count(shape) * itemsize);
  if (is_dense(made.nest)) return made;
  DeviceJob job(0);
  job.add(made.nest, arrays);
  const DeviceKernels::Request wanted[] = {job.request()};
  made.launches.emplace_back(job, *space_.kernels.get(wanted)[0], "copy");
  return made;
}

}  // namespace fuseval::engine

#include "nest_builder.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "codegen/host/host_emitter.hpp"
#include "codegen/host/interpreter.hpp"

namespace fuseval::test {
namespace {

constexpr size_t page = 4096;

// Ordinary numbers, with the values mixed in on which kernels break.
template <class T>
T draw(std::mt19937_64& random, bool tame) {
  const uint64_t bits = random();
  if constexpr (std::is_same_v<T, bool>) {
    return bits & 1;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (tame) return static_cast<T>(1 + std::ldexp(static_cast<double>(static_cast<int64_t>(bits)), -69));
    const T special[] = {T(0),
                         -T(0),
                         std::numeric_limits<T>::infinity(),
                         -std::numeric_limits<T>::infinity(),
                         std::numeric_limits<T>::quiet_NaN(),
                         std::numeric_limits<T>::denorm_min(),
                         std::numeric_limits<T>::max(),
                         T(1),
                         T(-1),
                         T(0.5)};
    if (bits % 64 == 0) return special[bits / 64 % std::size(special)];
    return static_cast<T>(std::ldexp(static_cast<double>(static_cast<int64_t>(random())), -60)) * T(1 + bits % 7);
  } else {
    const T special[] = {T(0), T(1), T(-1), std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    if (bits % 16 == 0) return special[bits / 16 % std::size(special)];
    return static_cast<T>(random() >> (bits / 64 % 64));
  }
}

void fill(char* data, size_t count, DType dtype, std::mt19937_64& random, bool tame) {
  codegen::with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (size_t k = 0; k < count; ++k) {
      const T value = draw<T>(random, tame);
      std::memcpy(data + k * sizeof(T), &value, sizeof(T));
    }
  });
}

// The sign and payload of a NaN are outside the promise.
template <class T>
void canonicalise(char* data, size_t bytes) {
  for (size_t k = 0; k + sizeof(T) <= bytes; k += sizeof(T)) {
    T value;
    std::memcpy(&value, data + k, sizeof(T));
    if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
    std::memcpy(data + k, &value, sizeof(T));
  }
}

}  // namespace

GuardedBytes::GuardedBytes(size_t bytes, bool at_end) : bytes_(bytes) {
  const size_t inner = (bytes + page - 1) / page * page;
  map_bytes_ = inner + 2 * page;
  void* map = mmap(nullptr, map_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) throw std::bad_alloc();
  map_ = static_cast<char*>(map);
  if (inner != 0 && mprotect(map_ + page, inner, PROT_READ | PROT_WRITE) != 0)
    throw std::runtime_error("mprotect failed");
  data_ = map_ + page + (at_end ? inner - bytes : 0);
}
GuardedBytes::~GuardedBytes() { munmap(map_, map_bytes_); }

NestBuilder::NestBuilder(std::vector<int64_t> parallel, std::vector<int64_t> reduce, uint32_t seed, bool guard_at_end)
    : guard_at_end_(guard_at_end), random_(seed) {
  for (const int64_t extent : parallel) nest.axes.push_back({extent, AxisKind::parallel});
  for (const int64_t extent : reduce) nest.axes.push_back({extent, AxisKind::reduce});
}

std::vector<int64_t> NestBuilder::c_strides() const {
  std::vector<int64_t> strides(nest.axes.size());
  int64_t step = 1;
  for (size_t k = nest.axes.size(); k-- > 0; step *= std::max<int64_t>(nest.axes[k].extent, 1)) strides[k] = step;
  return strides;
}
std::vector<int64_t> NestBuilder::parallel_strides() const {
  std::vector<int64_t> strides(nest.axes.size(), 0);
  int64_t step = 1;
  for (size_t k = static_cast<size_t>(nest.parallel_rank()); k-- > 0; step *= std::max<int64_t>(nest.axes[k].extent, 1))
    strides[k] = step;
  return strides;
}

uint32_t NestBuilder::push(Instruction instruction) {
  list().push_back(instruction);
  return static_cast<uint32_t>(list().size() - 1);
}

uint32_t NestBuilder::array(OperandKind kind, DType dtype, const std::vector<int64_t>& strides) {
  Operand operand{kind, dtype, static_cast<uint32_t>(arrays_.size()), 0, strides, in_epilogue_};
  int64_t lowest = 0, highest = 0;
  bool empty = false;
  for (size_t k = 0; k < strides.size(); ++k) {
    operand.strides[k] *= size_of(dtype);
    const int64_t span = operand.strides[k] * (nest.axes[k].extent - 1);
    empty |= nest.axes[k].extent == 0 && strides[k] != 0;
    (span < 0 ? lowest : highest) += span;
  }
  const size_t bytes = empty ? 0 : static_cast<size_t>(highest - lowest + size_of(dtype));
  arrays_.push_back(
      {std::make_unique<GuardedBytes>(bytes, guard_at_end_), empty ? 0 : lowest, kind == OperandKind::store});
  fill(arrays_.back().bytes->data(), bytes / static_cast<size_t>(size_of(dtype)), dtype, random_, tame);
  nest.operands.push_back(operand);
  return static_cast<uint32_t>(nest.operands.size() - 1);
}

uint32_t NestBuilder::load(DType dtype, const std::vector<int64_t>& strides) {
  const uint32_t operand = array(OperandKind::load, dtype, strides);
  return push({InstructionKind::load, Op::add, dtype, {no_value, no_value, no_value}, operand});
}
char* NestBuilder::memory(uint32_t loaded) const {
  return arrays_[nest.operands[nest.body[loaded].attribute].buffer].bytes->data();
}
uint32_t NestBuilder::index(int64_t offset, const std::vector<int64_t>& strides) {
  nest.operands.push_back({OperandKind::index, DType::int64, 0, offset, strides, in_epilogue_});
  return push({InstructionKind::load,
               Op::add,
               DType::int64,
               {no_value, no_value, no_value},
               static_cast<uint32_t>(nest.operands.size() - 1)});
}
uint32_t NestBuilder::constant(DType dtype, uint64_t bits) {
  nest.constants.push_back({dtype, bits});
  return push({InstructionKind::constant,
               Op::add,
               dtype,
               {no_value, no_value, no_value},
               static_cast<uint32_t>(nest.constants.size() - 1)});
}
uint32_t NestBuilder::constant(double value) { return constant(DType::float64, std::bit_cast<uint64_t>(value)); }

uint32_t NestBuilder::op(Op op, std::vector<uint32_t> arguments) {
  Instruction instruction{InstructionKind::scalar, op, DType::float64, {no_value, no_value, no_value}, 0};
  std::copy(arguments.begin(), arguments.end(), instruction.arguments);
  instruction.dtype = result_dtype(op, dtype_of(arguments[op == Op::where ? 1 : 0]));
  return push(instruction);
}
uint32_t NestBuilder::cast(uint32_t value, DType dtype) {
  return push({InstructionKind::cast, Op::add, dtype, {value, no_value, no_value}, 0});
}
void NestBuilder::store(uint32_t value, const std::vector<int64_t>& strides) {
  const uint32_t operand = array(OperandKind::store, dtype_of(value), strides);
  push({InstructionKind::store, Op::add, dtype_of(value), {value, no_value, no_value}, operand});
}
void NestBuilder::accumulate(Reduction reduction, uint32_t value) {
  nest.accumulators.push_back({reduction, dtype_of(value)});
  push({InstructionKind::accumulate,
        Op::add,
        dtype_of(value),
        {value, no_value, no_value},
        static_cast<uint32_t>(nest.accumulators.size() - 1)});
}
uint32_t NestBuilder::result(uint32_t accumulator) {
  const Accumulator& row = nest.accumulators[accumulator];
  return push({InstructionKind::result,
               Op::add,
               result_dtype(row.reduction, row.dtype),
               {no_value, no_value, no_value},
               accumulator});
}

std::vector<char*> NestBuilder::buffers() const {
  std::vector<char*> pointers;
  for (const Array& array : arrays_) pointers.push_back(array.bytes->data() - array.lowest);
  return pointers;
}
std::vector<NestBuilder::Memory> NestBuilder::memories() const {
  std::vector<Memory> all;
  for (const Array& array : arrays_)
    all.push_back({array.bytes->data(), array.bytes->size(), -array.lowest, array.is_output});
  return all;
}
void NestBuilder::clear_outputs() {
  for (const Array& array : arrays_)
    if (array.is_output) std::memset(array.bytes->data(), 0x5a, array.bytes->size());
}
std::string NestBuilder::outputs() {
  std::string text;
  for (const Operand& operand : nest.operands) {
    if (operand.kind != OperandKind::store) continue;
    const Array& array = arrays_[operand.buffer];
    if (operand.dtype == DType::float32) canonicalise<float>(array.bytes->data(), array.bytes->size());
    if (operand.dtype == DType::float64) canonicalise<double>(array.bytes->data(), array.bytes->size());
    text.append(array.bytes->data(), array.bytes->size());
  }
  return text;
}

std::string run_interpreted(NestBuilder& builder) {
  builder.clear_outputs();
  codegen::interpret(builder.nest, builder.buffers().data());
  return builder.outputs();
}

}  // namespace fuseval::test

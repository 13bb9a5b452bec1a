#include "harness.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

#include "codegen/host/host_emitter.hpp"
#include "codegen/host/interpreter.hpp"
#include "ir/error.hpp"

namespace fuseval::test {
namespace {

constexpr size_t page = 4096;

// Ordinary numbers, with the values mixed in on which kernels break.
template <class T>
T draw(std::mt19937_64& random) {
  const uint64_t bits = random();
  if constexpr (std::is_same_v<T, bool>) {
    return bits & 1;
  } else if constexpr (std::is_floating_point_v<T>) {
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

void fill(char* data, size_t count, DType dtype, std::mt19937_64& random) {
  codegen::with_type(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (size_t k = 0; k < count; ++k) {
      const T value = draw<T>(random);
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

std::vector<int64_t> cuts(int64_t first, int64_t last, int64_t unit, std::mt19937& random, bool split) {
  std::vector<int64_t> points = {first};
  for (int k = 0; split && last > first && k < 3; ++k)
    points.push_back(first + static_cast<int64_t>(random() % static_cast<uint64_t>(last - first)) / unit * unit);
  points.push_back(last);
  std::sort(points.begin(), points.end());
  return points;
}

// Sizes are not in a kernel's structure: one kernel serves many tests, as in the engine.
std::shared_ptr<const codegen::Kernel> compiled(const LoopNest& nest, const codegen::TargetOptions& target) {
  static std::map<std::string, std::shared_ptr<const codegen::Kernel>> kernels;
  const std::string key = serialise_structure(nest) + target.cpu + std::to_string(target.vector_bits) +
                          (target.streaming_stores ? "streaming" : "");
  auto& kernel = kernels[key];
  if (!kernel) kernel = codegen::compile(nest, target);
  return kernel;
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
  fill(arrays_.back().bytes->data(), bytes / static_cast<size_t>(size_of(dtype)), dtype, random_);
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

class Runner {
 public:
  explicit Runner(NestBuilder& builder) : builder_(builder), nest_(builder.nest) {
    for (const NestBuilder::Array& array : builder.arrays_) buffers_.push_back(array.bytes->data() - array.lowest);
    clear_outputs();
  }

  std::string interpret() {
    codegen::interpret(nest_, buffers_.data());
    return outputs();
  }

  std::string run(const RunOptions& options) {
    const auto kernel = compiled(nest_, options.target);
    gather_arguments();
    random_.seed(options.split_seed);
    split_ = options.split_seed != 0;
    lower_.assign(nest_.axes.size() + 1, 0);
    upper_ = lower_;
    boxes(0, [&] {
      if (nest_.is_reduction())
        reduce(*kernel);
      else
        kernel->elementwise(&arguments_, lower_.data(), upper_.data());
    });
    return outputs();
  }

 private:
  void clear_outputs() {
    for (const NestBuilder::Array& array : builder_.arrays_)
      if (array.is_output) std::memset(array.bytes->data(), 0x5a, array.bytes->size());
  }
  std::string outputs() {
    std::string text;
    for (const Operand& operand : nest_.operands) {
      if (operand.kind != OperandKind::store) continue;
      const NestBuilder::Array& array = builder_.arrays_[operand.buffer];
      if (operand.dtype == DType::float32) canonicalise<float>(array.bytes->data(), array.bytes->size());
      if (operand.dtype == DType::float64) canonicalise<double>(array.bytes->data(), array.bytes->size());
      text.append(array.bytes->data(), array.bytes->size());
    }
    return text;
  }

  void gather_arguments() {
    for (const Operand& operand : nest_.operands) {
      pointers_.push_back(operand.kind == OperandKind::index ? nullptr : buffers_[operand.buffer] + operand.offset);
      offsets_.push_back(operand.offset);
      strides_.insert(strides_.end(), operand.strides.begin(), operand.strides.end());
    }
    for (const Axis& axis : nest_.axes) extents_.push_back(axis.extent);
    for (const Constant& constant : nest_.constants) constants_.push_back(constant.bits);
    arguments_ = {pointers_.data(), strides_.data(), extents_.data(), constants_.data(), offsets_.data()};
  }

  // Calls f with every box of a random partition of the parallel axes.
  template <class F>
  void boxes(int axis, F&& f) {
    const int last = nest_.is_reduction() ? nest_.parallel_rank() : nest_.rank();
    if (axis == last) return f();
    const std::vector<int64_t> points = cuts(0, nest_.axes[static_cast<size_t>(axis)].extent, 1, random_, split_);
    for (size_t k = 0; k + 1 < points.size(); ++k) {
      lower_[static_cast<size_t>(axis)] = points[k];
      upper_[static_cast<size_t>(axis)] = points[k + 1];
      boxes(axis + 1, f);
    }
  }

  void reduce(const codegen::Kernel& kernel) {
    int64_t outputs = 1;
    for (int axis = 0; axis < nest_.parallel_rank(); ++axis)
      outputs *= upper_[static_cast<size_t>(axis)] - lower_[static_cast<size_t>(axis)];
    const auto state_bytes = static_cast<size_t>(outputs * kernel.state_bytes);
    GuardedBytes states(state_bytes, true);
    scratch_ =
        static_cast<char*>(std::aligned_alloc(64, static_cast<size_t>(kernel.scratch_bytes + 63) / 64 * 64 + 64));
    const int64_t count = nest_.reduce_count();
    if (split_ && count > kernel.block)
      subtree(kernel, 0, count, states.data(), outputs);
    else
      kernel.reduce(&arguments_, lower_.data(), upper_.data(), 0, count, states.data(), scratch_);
    kernel.finish(&arguments_, lower_.data(), upper_.data(), states.data());
    std::free(scratch_);
  }

  // The canonical tree over elements [first, last), cut in two as often as chance wants.
  void subtree(const codegen::Kernel& kernel, int64_t first, int64_t last, char* states, int64_t outputs) {
    const int64_t blocks = (last - first + kernel.block - 1) / kernel.block;
    if (blocks <= 1 || random_() % 3 == 0) {
      kernel.reduce(&arguments_, lower_.data(), upper_.data(), first, last, states, scratch_);
      return;
    }
    const int64_t half = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(blocks - 1))) * kernel.block;
    GuardedBytes right(static_cast<size_t>(outputs * kernel.state_bytes), true);
    subtree(kernel, first, first + half, states, outputs);
    subtree(kernel, first + half, last, right.data(), outputs);
    kernel.combine(states, right.data(), outputs);
  }

  NestBuilder& builder_;
  const LoopNest& nest_;
  std::vector<char*> buffers_, pointers_;
  std::vector<int64_t> offsets_, strides_, extents_, lower_, upper_;
  std::vector<uint64_t> constants_;
  codegen::KernelArguments arguments_{};
  std::mt19937 random_;
  bool split_ = false;
  char* scratch_ = nullptr;
};

std::string run_compiled(NestBuilder& builder, const RunOptions& options) { return Runner(builder).run(options); }
std::string run_interpreted(NestBuilder& builder) { return Runner(builder).interpret(); }

bool has_avx512() {
  try {
    codegen::TargetOptions options;
    options.vector_bits = 512;
    codegen::target_description(options);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<int> vector_widths() { return has_avx512() ? std::vector<int>{256, 512} : std::vector<int>{256}; }

}  // namespace fuseval::test

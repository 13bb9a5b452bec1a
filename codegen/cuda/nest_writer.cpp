#include "codegen/cuda/nest_writer.hpp"

#include <algorithm>
#include <tuple>

#include "codegen/cuda/prelude.hpp"
#include "codegen/lower_scalar.hpp"

namespace fuseval::codegen {
namespace {

// Inlining 8 bodies of sinf 16 times took NVRTC 900 ms, as functions 81 ms.
constexpr int max_inlined = 16;
// Of a kernel's parameters (4 096 bytes before CUDA 12.1).
constexpr size_t max_parameter_words = 500;

constexpr const char* number_names[cuda_number_count] = {"elements",
                                                         "outputs",
                                                         "reduced",
                                                         "blocks",
                                                         "group",
                                                         "states",
                                                         "chunks",
                                                         "divisor",
                                                         "divisor_multiplier",
                                                         "divisor_shift",
                                                         "tile_rows",
                                                         "tile_rows_multiplier",
                                                         "tile_rows_shift",
                                                         "finish",
                                                         "from",
                                                         "to",
                                                         "first_element",
                                                         "first_block"};

std::string field_of(const CudaWord& word) {
  switch (word.kind) {
    case CudaWordKind::pointer:
      return fmt::format("p{}", word.first);
    case CudaWordKind::stride:
      return fmt::format("s{}_{}", word.first, word.second);
    case CudaWordKind::start:
      return fmt::format("o{}", word.first);
    case CudaWordKind::constant:
      return fmt::format("c{}", word.first);
    case CudaWordKind::extent:
      return fmt::format("n{}", word.first);
    case CudaWordKind::multiplier:
      return fmt::format("m{}", word.first);
    case CudaWordKind::shift:
      return fmt::format("h{}", word.first);
    case CudaWordKind::number:
      return number_names[word.first];
  }
  return {};
}

bool is_pointer(const CudaWord& word) {
  const auto number = static_cast<CudaNumber>(word.first);
  return word.kind == CudaWordKind::pointer ||
         (word.kind == CudaWordKind::number && (number == CudaNumber::from || number == CudaNumber::to));
}
const char* type_of(const CudaWord& word) {
  if (is_pointer(word)) return "char*";
  const bool is_bits =
      word.kind == CudaWordKind::constant || word.kind == CudaWordKind::multiplier || word.kind == CudaWordKind::shift;
  return is_bits ? "u64" : "i64";
}

}  // namespace

int cuda_elementary_count(const std::vector<Instruction>& instructions) {
  int count = 0;
  for (const Instruction& instruction : instructions)
    if (instruction.kind == InstructionKind::scalar && info(instruction.op).cost >= cuda_long_operation)
      count += std::max(1, info(instruction.op).cost / 12);
  return count;
}

std::string cuda_load(DType dtype, const std::string& address) {
  return fmt::format("*(const {}*)({})", cuda_memory_type(dtype), address);
}
CudaValue cuda_loaded(CudaEmitter& e, DType dtype, const std::string& expression) {
  return e.named(dtype, is_bool(dtype) ? expression + " != 0" : expression);
}

NestWriter::NestWriter(const LoopNest& nest, const CudaOptions& options, int copies)
    : nest(nest), options(options), inline_functions_(copies * cuda_elementary_count(nest.body) <= max_inlined) {}

// Sorted, so that the order does not depend on which part of a text asks first.
std::string NestWriter::word(const CudaWord& row) {
  const auto place = [](const CudaWord& word) { return std::tuple(word.kind, word.first, word.second); };
  const auto at = std::lower_bound(words_.begin(), words_.end(), row,
                                   [&](const CudaWord& a, const CudaWord& b) { return place(a) < place(b); });
  if (at == words_.end() || place(*at) != place(row)) words_.insert(at, row);
  return "arguments." + field_of(row);
}

std::string NestWriter::stride(uint32_t operand, int axis) {
  return index_word({CudaWordKind::stride, operand, static_cast<uint32_t>(axis)});
}

CudaValue NestWriter::constant(CudaEmitter& e, uint32_t position) {
  const DType dtype = nest.constants[position].dtype;
  const std::string bits = word({CudaWordKind::constant, position, 0});
  if (is_bool(dtype)) return e.named(dtype, bits + " != 0");
  return e.bitcast(e.named(unsigned_of(dtype), fmt::format("({}){}", cuda_type(unsigned_of(dtype)), bits)), dtype);
}

void NestWriter::split(CudaText& text, int from, int to, const std::string& linear) {
  std::vector<int> axes;
  for (int axis = from; axis < to; ++axis) axes.push_back(axis);
  split(text, axes, linear);
}

void NestWriter::split(CudaText& text, const std::vector<int>& axes, const std::string& linear) {
  std::string rest = linear;
  for (size_t place = axes.size(); place-- > 1;) {
    const int axis = axes[place];
    const auto k = static_cast<uint32_t>(axis);
    const std::string quotient = fmt::format("q{}", axis);
    text.line("const ix {} = divide({}, {}, {});", quotient, rest, word({CudaWordKind::multiplier, k, 0}),
              word({CudaWordKind::shift, k, 0}));
    text.line("const ix i{} = {} - {} * {};", axis, rest, quotient, extent(axis));
    rest = quotient;
  }
  if (!axes.empty()) text.line("const ix i{} = {};", axes[0], rest);
}

bool NestWriter::moves(uint32_t operand, int from, int to) const {
  const auto& strides = nest.operands[operand].strides;
  return std::any_of(strides.begin() + from, strides.begin() + to, [](int64_t stride) { return stride != 0; });
}

std::string NestWriter::offset(uint32_t operand, int from, int to) {
  const Operand& row = nest.operands[operand];
  const bool vector_is_unit = layout_class(nest, row) == LayoutClass::contiguous && row.kind != OperandKind::index;
  const int vector_axis = row.in_epilogue ? nest.parallel_rank() - 1 : nest.vector_axis();
  std::string sum;
  for (int axis = from; axis < to; ++axis) {
    if (row.strides[static_cast<size_t>(axis)] == 0) continue;
    const bool is_unit = vector_is_unit && axis == vector_axis;
    const std::string step = is_unit ? fmt::format("{}", size_of(row.dtype)) : stride(operand, axis);
    sum += fmt::format("{}i{} * {}", sum.empty() ? "" : " + ", axis, step);
  }
  return sum;
}

std::string NestWriter::address(uint32_t operand, int from, int to) {
  const std::string bytes = offset(operand, from, to);
  return bytes.empty() ? pointer(operand) : pointer(operand) + " + (" + bytes + ")";
}

std::string NestWriter::index_value(uint32_t operand, int from, int to, const std::string& steps) {
  const Operand& row = nest.operands[operand];
  std::string sum = word({CudaWordKind::start, operand, 0});
  const auto step = [&](int axis) { return word({CudaWordKind::stride, operand, static_cast<uint32_t>(axis)}); };
  for (int axis = from; axis < to; ++axis)
    if (row.strides[static_cast<size_t>(axis)] != 0) sum += fmt::format(" + (i64)i{} * {}", axis, step(axis));
  const int vector_axis = nest.vector_axis();
  if (!steps.empty() && vector_axis >= 0 && row.strides[static_cast<size_t>(vector_axis)] != 0)
    sum += fmt::format(" + (i64){} * {}", steps, step(vector_axis));
  return sum;
}

void NestWriter::evaluate(CudaText& text, const std::vector<Instruction>& instructions, const CudaHooks& hooks) {
  std::vector<CudaValue> values;
  CudaEmitter e = emitter(text);
  for (const Instruction& instruction : instructions) {
    std::vector<CudaValue> arguments;
    for (const uint32_t argument : instruction.arguments)
      if (argument != no_value) arguments.push_back(values[argument]);
    switch (instruction.kind) {
      case InstructionKind::load:
        values.push_back(hooks.load(instruction.attribute));
        break;
      case InstructionKind::store:
        hooks.store(instruction.attribute, arguments[0]);
        values.push_back(arguments[0]);
        break;
      case InstructionKind::constant:
        values.push_back(constant(e, instruction.attribute));
        break;
      case InstructionKind::scalar:
        values.push_back(apply(text, instruction, arguments));
        break;
      case InstructionKind::cast:
        values.push_back(lower_cast(arguments[0], instruction.dtype, e));
        break;
      case InstructionKind::accumulate:
        hooks.accumulate(instruction.attribute, arguments[0]);
        values.push_back(arguments[0]);
        break;
      case InstructionKind::result:
        values.push_back(hooks.result(instruction.attribute));
        break;
    }
  }
}

CudaValue NestWriter::apply(CudaText& text, const Instruction& instruction, const std::vector<CudaValue>& arguments) {
  CudaEmitter e = emitter(text);
  if (info(instruction.op).cost < cuda_long_operation) return lower<CudaEmitter>(instruction.op, arguments, e);
  std::string call = function_of(instruction.op, instruction.dtype, arguments) + "(";
  for (size_t k = 0; k < arguments.size(); ++k) call += (k ? ", " : "") + arguments[k].text;
  return e.named(instruction.dtype, call + ")");
}

std::string NestWriter::function_of(Op op, DType result, const std::vector<CudaValue>& arguments) {
  std::string name = fmt::format("op_{}", name_of(op));
  for (const CudaValue& argument : arguments) name += fmt::format("_{}", cuda_type(argument.dtype));
  std::string& definition = functions_[name];
  if (!definition.empty()) return name;
  CudaText text;
  std::string parameters;
  std::vector<CudaValue> own;
  for (size_t k = 0; k < arguments.size(); ++k) {
    own.push_back({arguments[k].dtype, fmt::format("x{}", k)});
    parameters += fmt::format("{}const {} x{}", k ? ", " : "", cuda_type(arguments[k].dtype), k);
  }
  text.open(fmt::format("static __device__ {} {} {}({}) {{", inline_functions_ ? "__forceinline__" : "__noinline__",
                        cuda_type(result), name, parameters));
  CudaEmitter e = emitter(text);
  const CudaValue value = lower<CudaEmitter>(op, own, e);
  text.line("return {};", value.text);
  text.close();
  definition = text.text();
  return name;
}

std::string NestWriter::head(const std::string& name, uint32_t threads) {
  return fmt::format("extern \"C\" __global__ void __launch_bounds__({}) {}(PARAMETER) {{", threads, name);
}

std::string cuda_text_begin() { return std::string(cuda_prelude()) + "\n// the nest\n"; }

bool are_cuda_words_in_memory(size_t words) { return words > max_parameter_words; }

void set_cuda_parameter(std::string& kernel, bool words_in_memory) {
  const std::string parameter =
      words_in_memory ? "const Arguments* __restrict__ words" : "const __grid_constant__ Arguments arguments";
  kernel.replace(kernel.find("(PARAMETER) {\n"), 14,
                 "(" + parameter + ") {\n" + (words_in_memory ? "  const Arguments& arguments = *words;\n" : ""));
}

std::string NestWriter::declarations() const {
  std::string text = fmt::format("typedef {} ix;\n\nstruct Arguments {{\n", options.variant.wide ? "i64" : "i32");
  for (const CudaWord& row : words_) text += fmt::format("  {} {};\n", type_of(row), field_of(row));
  text += "};\n\n" + tables_.text();
  for (const auto& [name, definition] : functions_) text += definition + "\n";
  return text;
}

void NestWriter::assemble(const std::string& shared, std::vector<std::string> own, CudaKernel& kernel) const {
  kernel.words = words_;
  kernel.words_in_memory = are_cuda_words_in_memory(words_.size());
  kernel.text = cuda_text_begin() + declarations() + shared;
  for (size_t k = 0; k < own.size(); ++k) {
    set_cuda_parameter(own[k], kernel.words_in_memory);
    kernel.entries[k].begin = kernel.text.size();
    kernel.text += own[k];
    kernel.entries[k].end = kernel.text.size();
  }
}

}  // namespace fuseval::codegen

#include "codegen/cuda/state_writer.hpp"

#include "codegen/lower_scalar.hpp"

namespace fuseval::codegen {
namespace {

constexpr const char* device = "static __device__ __forceinline__";

}  // namespace

StateWriter::StateWriter(NestWriter& writer, int row_step)
    : writer_(writer), nest_(writer.nest), row_step_(row_step), e_(writer.emitter(text_)) {
  for (uint32_t k = 0; k < nest_.accumulators.size(); ++k) {
    all_.push_back(k);
    if (is_moment(k)) moments_.push_back(k);
  }
}

std::string StateWriter::text() {
  structure("State", all_);
  identity_function("identity", "State", all_);
  merge_function("State", all_);
  if (nest_.order == ReductionOrder::lanes) shuffle_function();
  if (has_others()) absorb_function();
  if (has_moments()) {
    structure("Leaf", moments_);
    identity_function("no_leaf", "Leaf", moments_);
    merge_function("Leaf", moments_);
    leaf_function(true);
    leaf_function(false);
    put_function();
  }
  if (nest_.order == ReductionOrder::serial16) tree_functions();
  return text_.text();
}

StateWriter::State StateWriter::read(uint32_t accumulator, const char* variable) const {
  State state{};
  const Accumulator& row = nest_.accumulators[accumulator];
  for (int k = 0; k < component_count(row.reduction); ++k)
    state[static_cast<size_t>(k)] = {component_of(row, k), fmt::format("{}.{}", variable, field(accumulator, k))};
  return state;
}
void StateWriter::write(uint32_t accumulator, const State& state, const char* variable) {
  for (int k = 0; k < component_count(nest_.accumulators[accumulator].reduction); ++k)
    text_.line("{}.{} = {};", variable, field(accumulator, k), state[static_cast<size_t>(k)].text);
}

void StateWriter::structure(const char* name, const Accumulators& accumulators) {
  text_.open(fmt::format("struct {} {{", name));
  for (const uint32_t a : accumulators)
    for (int k = 0; k < component_count(nest_.accumulators[a].reduction); ++k)
      text_.line("{} {};", cuda_type(component_of(nest_.accumulators[a], k)), field(a, k));
  text_.close("};");
}

void StateWriter::identity_function(const char* head, const char* type, const Accumulators& accumulators) {
  text_.open(fmt::format("{} {} {}() {{", device, type, head));
  text_.line("{} s;", type);
  for (const uint32_t a : accumulators)
    write(a, codegen::identity(nest_.accumulators[a].reduction, nest_.accumulators[a].dtype, e_), "s");
  text_.line("return s;");
  text_.close();
}

void StateWriter::merge_function(const char* type, const Accumulators& accumulators) {
  text_.open(fmt::format("{} {} merge(const {} left, const {} right) {{", device, type, type, type));
  text_.line("{} s;", type);
  for (const uint32_t a : accumulators)
    write(a, codegen::merge<CudaEmitter>(nest_.accumulators[a].reduction, read(a, "left"), read(a, "right"), e_), "s");
  text_.line("return s;");
  text_.close();
}

void StateWriter::shuffle_function() {
  text_.open(fmt::format("{} State shuffle(const State x, const u32 d) {{", device));
  text_.line("State s;");
  for (const uint32_t a : all_)
    for (int k = 0; k < component_count(nest_.accumulators[a].reduction); ++k)
      text_.line("s.{0} = shuffle_down(x.{0}, d);", field(a, k));
  text_.line("return s;");
  text_.close();
}

// merge, not a comparison with the identity: an element may equal it, and must then win by its index.
void StateWriter::absorb_function() {
  std::string parameters;
  for (const uint32_t a : all_)
    if (!is_moment(a)) parameters += fmt::format(", const {} x{}", cuda_type(nest_.accumulators[a].dtype), a);
  text_.open(fmt::format("{} State absorb(State s, const i64 number{}) {{", device, parameters));
  const CudaValue number{DType::int64, "number"};
  for (const uint32_t a : all_) {
    if (is_moment(a)) continue;
    const Accumulator& row = nest_.accumulators[a];
    const CudaValue value{row.dtype, fmt::format("x{}", a)};
    const State one = element_state<CudaEmitter>(row.reduction, value, number, e_);
    write(a, codegen::merge<CudaEmitter>(row.reduction, read(a, "s"), one, e_), "s");
  }
  text_.line("return s;");
  text_.close();
}

void StateWriter::leaf_function(bool full) {
  std::string parameters;
  for (const uint32_t a : moments_)
    parameters +=
        fmt::format("{}const {}* x{}", parameters.empty() ? "" : ", ", cuda_type(nest_.accumulators[a].dtype), a);
  text_.open(full ? fmt::format("{} Leaf leaf_full({}) {{", device, parameters)
                  : fmt::format("{} Leaf leaf_part({}, const i32 n) {{", device, parameters));
  text_.line("Leaf s;");
  for (const uint32_t a : moments_) {
    const DType dtype = nest_.accumulators[a].dtype;
    std::vector<CudaValue> rows, present;
    for (int row = 0; row < moment_leaf_rows; ++row) {
      rows.push_back(e_.named(dtype, fmt::format("x{}[{}]", a, row * row_step_)));
      if (!full) present.push_back(e_.named(DType::bool_, fmt::format("{} < n", row)));
    }
    write(a, moment_leaf<CudaEmitter>(rows, present, e_), "s");
  }
  text_.line("return s;");
  text_.close();
}

void StateWriter::put_function() {
  text_.open(fmt::format("{} State put(State s, const Leaf leaf) {{", device));
  for (const uint32_t a : moments_)
    for (int k = 0; k < component_count(Reduction::moment2); ++k) text_.line("s.{0} = leaf.{0};", field(a, k));
  text_.line("return s;");
  text_.close();
}

// A binary counter: after n states, level j holds the subtree of 2^j states that bit j of n stands for. The levels are
// indexed at run time and so lie in local memory, which costs one store and about one load a block of 16 rows, both in
// L1. Kept in registers by unrolled loops they took 180 registers instead of 108 (a variance of columns) and
// half as long again to compile.
void StateWriter::tree_functions() {
  text_.open(fmt::format("{} void push(State* levels, const u32 n, State s) {{", device));
  text_.line("int j = 0;");
  text_.line("#pragma unroll 1");
  text_.line("for (; n >> j & 1u; ++j) s = merge(levels[j], s);");
  text_.line("levels[j] = s;");
  text_.close();
  text_.open(fmt::format("{} State collapse(const State* levels, const u32 n) {{", device));
  text_.line("State s = identity();");
  text_.line("#pragma unroll 1");
  text_.line("for (int j = 0; n >> j; ++j)");
  text_.line("  if (n >> j & 1u) s = merge(levels[j], s);");
  text_.line("return s;");
  text_.close();
}

std::string StateWriter::finish() {
  CudaText text;
  const int rank = nest_.parallel_rank();
  text.open(fmt::format("{} void finish(const Arguments& arguments, const ix o, const State state) {{", device));
  writer_.split(text, 0, rank, "o");
  CudaEmitter e = writer_.emitter(text);
  CudaHooks hooks;
  hooks.load = [&](uint32_t k) {
    const Operand& operand = nest_.operands[k];
    return cuda_loaded(e, operand.dtype,
                       operand.kind == OperandKind::index ? writer_.index_value(k, 0, rank, "")
                                                          : cuda_load(operand.dtype, writer_.address(k, 0, rank)));
  };
  std::vector<std::string> stores;
  hooks.store = [&](uint32_t k, const CudaValue& value) {
    stores.push_back(fmt::format("*({}*)({}) = {};", cuda_memory_type(nest_.operands[k].dtype),
                                 writer_.address(k, 0, rank), value.text));
  };
  hooks.result = [&](uint32_t a) {
    const Accumulator& row = nest_.accumulators[a];
    const CudaValue value = reduction_result<CudaEmitter>(row.reduction, read(a, "state"));
    if (row.reduction != Reduction::sum || !is_float(row.dtype)) return value;
    // The sum of nothing is +0, where the identity is -0.
    const CudaValue empty = e.named(DType::bool_, writer_.number(CudaNumber::reduced) + " == 0");
    return e.select(empty, e.real(row.dtype, 0), value);
  };
  writer_.evaluate(text, nest_.epilogue, hooks);
  for (const std::string& line : stores) text.line("{}", line);
  text.close();
  return text.text();
}

}  // namespace fuseval::codegen

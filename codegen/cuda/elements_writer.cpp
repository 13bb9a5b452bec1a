#include "codegen/cuda/elements_writer.hpp"

namespace fuseval::codegen {
namespace {

// Loads of a thread in flight; 8 of 16 bytes took 47 registers.
constexpr int loads_in_flight = 8;
constexpr int max_unroll = 4;
constexpr int max_elements = 16;
constexpr int max_elementary = 16;

}  // namespace

int cuda_elements_unroll(const LoopNest& nest, int width) {
  int loads = 0;
  for (const Operand& operand : nest.operands) loads += operand.kind == OperandKind::load;
  int unroll = max_unroll;
  const int elementary = cuda_elementary_count(nest.body);
  while (unroll > 1 && (unroll * loads > loads_in_flight || unroll * width > max_elements ||
                        unroll * width * elementary > max_elementary))
    unroll /= 2;
  return unroll;
}

template <class F>
void ElementsWriter::each(OperandKind kind, F&& f) {
  for (uint32_t k = 0; k < nest_.operands.size(); ++k)
    if (nest_.operands[k].kind == kind) f(k, nest_.operands[k].dtype);
}

// What does not move at all is loaded once.
void ElementsWriter::load_uniform(CudaText& text) {
  each(OperandKind::load, [&](uint32_t k, DType dtype) {
    if (is_uniform(k))
      text.line("const {} x{} = {};", cuda_memory_type(dtype), k,
                cuda_load(dtype, writer_.address(k, 0, shape_.first_axis)));
  });
}

void ElementsWriter::each_vector(CudaText& text) {
  text.line("#pragma unroll");
  text.open(fmt::format("for (int u = 0; u < {}; ++u) {{", shape_.unroll));
  text.line("const ix i = block + (ix)(u * {} + {}) * {};", shape_.threads, shape_.thread, shape_.width);
  writer_.split(text, shape_.first_axis, nest_.rank(), "i");
}
void ElementsWriter::each_element(CudaText& text) {
  text.line("#pragma unroll");
  text.open(fmt::format("for (int k = 0; k < {}; ++k) {{", shape_.width));
}

void ElementsWriter::vectors(CudaText& text) {
  declare(text);
  each_vector(text);
  each(OperandKind::load, [&](uint32_t k, DType dtype) { load(text, k, dtype); });
  text.close();
  each_vector(text);
  each_element(text);
  compute(text);
  text.close();
  text.close();
  each_vector(text);
  each(OperandKind::store, [&](uint32_t k, DType dtype) { store(text, k, dtype); });
  text.close();
}

void ElementsWriter::declare(CudaText& text) {
  each(OperandKind::load, [&](uint32_t k, DType dtype) {
    if (!is_uniform(k)) text.line("{} x{}[{}];", cuda_memory_type(dtype), k, slots(k));
  });
  each(OperandKind::store, [&](uint32_t k, DType dtype) {
    text.line("{} y{}[{}];", cuda_memory_type(dtype), k, shape_.unroll * shape_.width);
  });
}

void ElementsWriter::load(CudaText& text, uint32_t k, DType dtype) {
  if (is_uniform(k)) return;
  const std::string from = address(k);
  const char* type = cuda_memory_type(dtype);
  if (layout(k) == LayoutClass::invariant) {
    text.line("x{}[u] = {};", k, cuda_load(dtype, from));
  } else if (shape_.width == 1) {
    text.line("x{}[u] = {};", k, cuda_load(dtype, from));
  } else {
    const std::string vector = fmt::format("Vector<{}, {}>", type, shape_.width);
    text.line("const {} w{} = *(const {}*)({});", vector, k, vector, from);
    each_element(text);
    text.line("x{}[u * {} + k] = w{}.at[k];", k, shape_.width, k);
    text.close();
  }
}
void ElementsWriter::store(CudaText& text, uint32_t k, DType dtype) {
  const std::string to = address(k);
  const char* type = cuda_memory_type(dtype);
  if (shape_.width == 1) {
    text.line("*({}*)({}) = y{}[u];", type, to, k);
    return;
  }
  const std::string vector = fmt::format("Vector<{}, {}>", type, shape_.width);
  text.line("{} w{};", vector, k);
  each_element(text);
  text.line("w{}.at[k] = y{}[u * {} + k];", k, k, shape_.width);
  text.close();
  text.line("*({}*)({}) = w{};", vector, to, k);
}

void ElementsWriter::compute(CudaText& text) {
  CudaHooks hooks;
  const std::string slot = shape_.width == 1 ? "u" : fmt::format("u * {} + k", shape_.width);
  hooks.load = [&](uint32_t k) {
    CudaEmitter e = writer_.emitter(text);
    const DType dtype = nest_.operands[k].dtype;
    if (nest_.operands[k].kind == OperandKind::index)
      return e.named(dtype, writer_.index_value(k, 0, nest_.rank(), shape_.width == 1 ? "" : "k"));
    if (is_uniform(k)) return cuda_loaded(e, dtype, fmt::format("x{}", k));
    return cuda_loaded(e, dtype, fmt::format("x{}[{}]", k, layout(k) == LayoutClass::invariant ? "u" : slot));
  };
  hooks.store = [&](uint32_t k, const CudaValue& value) { text.line("y{}[{}] = {};", k, slot, value.text); };
  writer_.evaluate(text, nest_.body, hooks);
}

void ElementsWriter::element(CudaText& text) {
  writer_.split(text, shape_.first_axis, nest_.rank(), "i");
  CudaHooks hooks;
  hooks.load = [&](uint32_t k) {
    CudaEmitter e = writer_.emitter(text);
    const DType dtype = nest_.operands[k].dtype;
    if (nest_.operands[k].kind == OperandKind::index)
      return e.named(dtype, writer_.index_value(k, 0, nest_.rank(), ""));
    return cuda_loaded(e, dtype, is_uniform(k) ? fmt::format("x{}", k) : cuda_load(dtype, address(k)));
  };
  // An output may be an input: nothing is stored before everything is loaded.
  std::vector<std::string> stores;
  hooks.store = [&](uint32_t k, const CudaValue& value) {
    stores.push_back(
        fmt::format("*({}*)({}) = {};", cuda_memory_type(nest_.operands[k].dtype), address(k), value.text));
  };
  writer_.evaluate(text, nest_.body, hooks);
  for (const std::string& line : stores) text.line("{}", line);
}

}  // namespace fuseval::codegen

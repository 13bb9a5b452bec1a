// Elementwise nests: a thread takes `unroll` vectors of adjacent elements, a block's width apart. All loads come first,
// then all arithmetic, then all stores: that is what keeps enough bytes in flight. (A plain grid-stride loop has two
// loads in flight at a time.) The last block goes element by element.
#include <algorithm>

#include "codegen/cuda/nest_writer.hpp"
#include "codegen/cuda/writers.hpp"

namespace fuseval::codegen {
namespace {

constexpr int threads = cuda_elementwise_threads;
// Loads of a thread in flight; 8 of 16 bytes took 47 registers.
constexpr int loads_in_flight = 8;
constexpr int max_unroll = 4;
constexpr int max_elements = 16;
constexpr int max_elementary = 16;

int unroll_of(const LoopNest& nest, int width) {
  int loads = 0;
  for (const Operand& operand : nest.operands) loads += operand.kind == OperandKind::load;
  int unroll = max_unroll;
  const int elementary = cuda_elementary_count(nest.body);
  while (unroll > 1 && (unroll * loads > loads_in_flight || unroll * width > max_elements ||
                        unroll * width * elementary > max_elementary))
    unroll /= 2;
  return unroll;
}

class ElementwiseWriter {
 public:
  ElementwiseWriter(const LoopNest& nest, const CudaOptions& options)
      : nest_(nest),
        width_(options.variant.vectors ? cuda_vector_width(nest) : 1),
        unroll_(unroll_of(nest, width_)),
        writer_(nest, options, unroll_ * width_ + 1) {}

  void write(CudaKernel& kernel) {
    const std::string name = writer_.options.name;
    text_.open(writer_.head(name, threads));
    load_uniform();
    text_.line("const ix block = (ix)blockIdx.x * {};", threads * unroll_ * width_);
    text_.open(
        fmt::format("if (block + {} <= {}) {{", threads * unroll_ * width_, writer_.number(CudaNumber::elements)));
    vectors();
    text_.turn("} else {");
    tail();
    text_.close();
    text_.close();
    kernel.entries = {{CudaRole::elementwise, name, threads}};
    writer_.assemble("", {text_.text()}, kernel);
    kernel.vector = width_;
    kernel.elements_a_block = int64_t{threads} * unroll_ * width_;
  }

 private:
  LayoutClass layout(uint32_t operand) const { return layout_class(nest_, nest_.operands[operand]); }
  bool is_uniform(uint32_t operand) const { return !writer_.moves(operand, 0, nest_.rank()); }
  std::string address(uint32_t operand) { return writer_.address(operand, 0, nest_.rank()); }

  template <class F>
  void each(OperandKind kind, F&& f) {
    for (uint32_t k = 0; k < nest_.operands.size(); ++k)
      if (nest_.operands[k].kind == kind) f(k, nest_.operands[k].dtype);
  }

  // What does not move at all is loaded once.
  void load_uniform() {
    each(OperandKind::load, [&](uint32_t k, DType dtype) {
      if (is_uniform(k))
        text_.line("const {} x{} = {};", cuda_memory_type(dtype), k, cuda_load(dtype, writer_.pointer(k)));
    });
  }

  void each_vector() {
    text_.line("#pragma unroll");
    text_.open(fmt::format("for (int u = 0; u < {}; ++u) {{", unroll_));
    text_.line("const ix i = block + (ix)(u * {} + threadIdx.x) * {};", threads, width_);
    writer_.split(text_, 0, nest_.rank(), "i");
  }
  void each_element() {
    text_.line("#pragma unroll");
    text_.open(fmt::format("for (int k = 0; k < {}; ++k) {{", width_));
  }

  void vectors() {
    declare();
    each_vector();
    each(OperandKind::load, [&](uint32_t k, DType dtype) { load(k, dtype); });
    text_.close();
    each_vector();
    each_element();
    compute();
    text_.close();
    text_.close();
    each_vector();
    each(OperandKind::store, [&](uint32_t k, DType dtype) { store(k, dtype); });
    text_.close();
  }

  void declare() {
    each(OperandKind::load, [&](uint32_t k, DType dtype) {
      if (!is_uniform(k)) text_.line("{} x{}[{}];", cuda_memory_type(dtype), k, slots(k));
    });
    each(OperandKind::store,
         [&](uint32_t k, DType dtype) { text_.line("{} y{}[{}];", cuda_memory_type(dtype), k, unroll_ * width_); });
  }
  int slots(uint32_t operand) const { return layout(operand) == LayoutClass::invariant ? unroll_ : unroll_ * width_; }

  void load(uint32_t k, DType dtype) {
    if (is_uniform(k)) return;
    const std::string from = address(k);
    const char* type = cuda_memory_type(dtype);
    if (layout(k) == LayoutClass::invariant) {
      text_.line("x{}[u] = {};", k, cuda_load(dtype, from));
    } else if (width_ == 1) {
      text_.line("x{}[u] = {};", k, cuda_load(dtype, from));
    } else {
      const std::string vector = fmt::format("Vector<{}, {}>", type, width_);
      text_.line("const {} w{} = *(const {}*)({});", vector, k, vector, from);
      each_element();
      text_.line("x{}[u * {} + k] = w{}.at[k];", k, width_, k);
      text_.close();
    }
  }
  void store(uint32_t k, DType dtype) {
    const std::string to = address(k);
    const char* type = cuda_memory_type(dtype);
    if (width_ == 1) {
      text_.line("*({}*)({}) = y{}[u];", type, to, k);
      return;
    }
    const std::string vector = fmt::format("Vector<{}, {}>", type, width_);
    text_.line("{} w{};", vector, k);
    each_element();
    text_.line("w{}.at[k] = y{}[u * {} + k];", k, k, width_);
    text_.close();
    text_.line("*({}*)({}) = w{};", vector, to, k);
  }

  void compute() {
    CudaHooks hooks;
    const std::string slot = width_ == 1 ? "u" : fmt::format("u * {} + k", width_);
    hooks.load = [&](uint32_t k) {
      CudaEmitter e = writer_.emitter(text_);
      const DType dtype = nest_.operands[k].dtype;
      if (nest_.operands[k].kind == OperandKind::index)
        return e.named(dtype, writer_.index_value(k, 0, nest_.rank(), width_ == 1 ? "" : "k"));
      if (is_uniform(k)) return cuda_loaded(e, dtype, fmt::format("x{}", k));
      return cuda_loaded(e, dtype, fmt::format("x{}[{}]", k, layout(k) == LayoutClass::invariant ? "u" : slot));
    };
    hooks.store = [&](uint32_t k, const CudaValue& value) { text_.line("y{}[{}] = {};", k, slot, value.text); };
    writer_.evaluate(text_, nest_.body, hooks);
  }

  void tail() {
    text_.line("#pragma unroll 1");
    text_.open(fmt::format("for (ix i = block + (ix)threadIdx.x; i < {}; i += {}) {{",
                           writer_.number(CudaNumber::elements), threads));
    writer_.split(text_, 0, nest_.rank(), "i");
    CudaHooks hooks;
    hooks.load = [&](uint32_t k) {
      CudaEmitter e = writer_.emitter(text_);
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
    writer_.evaluate(text_, nest_.body, hooks);
    for (const std::string& line : stores) text_.line("{}", line);
    text_.close();
  }

  const LoopNest& nest_;
  int width_, unroll_;
  NestWriter writer_;
  CudaText text_;
};

}  // namespace

void write_elementwise(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel) {
  ElementwiseWriter(nest, options).write(kernel);
}

}  // namespace fuseval::codegen

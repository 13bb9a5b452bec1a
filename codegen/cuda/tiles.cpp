// Elementwise nests by tiles: a block takes 32 elements of the last axis and 8, 16 or 32 of another one, a warp a row.
// So indexes are computed once a thread, and each operand's address moves by one step a row; the rows above and below,
// which a stencil reads, are in the L1 cache.
//
// An operand that lies together along the other axis (b.T) is read along that axis, a warp 32 neighbours, and goes
// through a tile of shared memory, whose rows have one element more than 32 so that reading it the other way round hits
// every bank.
#include <algorithm>

#include "codegen/cuda/nest_writer.hpp"
#include "codegen/cuda/writers.hpp"

namespace fuseval::codegen {
namespace {

constexpr int tile_threads = cuda_elementwise_threads;
constexpr int lines = tile_threads / cuda_tile;
// Of a thread in flight, up to 8 bytes each: four rows of a Laplacian.
constexpr int tile_loads_in_flight = 20;
constexpr int tile_max_elementary = 16;

class TilesWriter {
 public:
  TilesWriter(const LoopNest& nest, const CudaOptions& options)
      : nest_(nest),
        options_(options),
        axis_(options.variant.tile_axis),
        last_(nest.rank() - 1),
        unroll_(unroll_of(nest, options.variant)),
        writer_(nest, options, unroll_ + 1) {}

  void write(CudaKernel& kernel) {
    text_.open(NestWriter::head(options_.name, tile_threads));
    place();
    bases();
    text_.open("if (full) {");
    full();
    text_.turn("} else {");
    part();
    text_.close();
    text_.close();
    kernel.entries = {{CudaRole::elementwise, options_.name, tile_threads}};
    writer_.assemble("", {text_.text()}, kernel);
    kernel.tile_height = int64_t{lines} * unroll_;
  }

 private:
  // A tile that is transposed is square.
  static int unroll_of(const LoopNest& nest, const CudaVariant& variant) {
    int unroll = cuda_tile / lines, loads = 0;
    if (variant.transposed != 0) return unroll;
    for (const Operand& operand : nest.operands) loads += operand.kind == OperandKind::load;
    const int elementary = cuda_elementary_count(nest.body);
    while (unroll > 1 && (unroll * loads > tile_loads_in_flight || unroll * elementary > tile_max_elementary))
      unroll /= 2;
    return unroll;
  }

  std::string number(CudaNumber n) { return writer_.number(n); }
  bool is_transposed(uint32_t k) const { return k < 64 && (options_.variant.transposed >> k & 1) != 0; }
  // Loaded once a thread: a tile's rows share it.
  bool is_fixed(uint32_t k) const { return !writer_.moves(k, axis_, axis_ + 1); }
  const char* type(uint32_t k) const { return cuda_memory_type(nest_.operands[k].dtype); }

  template <class F>
  void each(OperandKind kind, F&& f) {
    for (uint32_t k = 0; k < nest_.operands.size(); ++k)
      if (nest_.operands[k].kind == kind) f(k);
  }
  template <class F>
  void each_transposed(F&& f) {
    if (options_.variant.transposed != 0)
      each(OperandKind::load, [&](uint32_t k) {
        if (is_transposed(k)) f(k);
      });
  }
  template <class F>
  void each_moving(F&& f) {
    each(OperandKind::load, [&](uint32_t k) {
      if (!is_transposed(k) && !is_fixed(k)) f(k);
    });
  }

  void place() {
    text_.line("const u32 lane = threadIdx.x % {0}, line = threadIdx.x / {0};", cuda_tile);
    text_.line("const ix strip = divide((ix)blockIdx.x, {}, {});", writer_.raw_number(CudaNumber::divisor_multiplier),
               writer_.raw_number(CudaNumber::divisor_shift));
    text_.line("const ix left = ((ix)blockIdx.x - strip * {}) * {};", number(CudaNumber::divisor), cuda_tile);
    text_.line("const ix outer = divide(strip, {}, {});", writer_.raw_number(CudaNumber::tile_rows_multiplier),
               writer_.raw_number(CudaNumber::tile_rows_shift));
    text_.line("const ix top = (strip - outer * {}) * {};", number(CudaNumber::tile_rows), lines * unroll_);
    text_.line("const bool full = left + {} <= {} && top + {} <= {};", cuda_tile, writer_.extent(last_),
               lines * unroll_, writer_.extent(axis_));
    std::vector<int> others;
    for (int axis = 0; axis < last_; ++axis)
      if (axis != axis_) others.push_back(axis);
    writer_.split(text_, others, "outer");
    text_.line("const ix i{} = left + (ix)lane, i{} = top + (ix)line;", last_, axis_);
  }

  // Addresses of this thread's first row, and how far the next ones are.
  void bases() {
    const auto base = [&](uint32_t k) {
      text_.line("char* const b{} = {};", k, writer_.address(k, 0, nest_.rank()));
      if (!is_fixed(k)) text_.line("const i64 d{} = {} * {};", k, writer_.raw_stride(k, axis_), lines);
    };
    each(OperandKind::load, [&](uint32_t k) {
      if (!is_transposed(k)) base(k);
    });
    each(OperandKind::store, base);
    each_transposed([&](uint32_t k) {
      text_.line("__shared__ {} t{}[{}][{}];", type(k), k, cuda_tile, cuda_tile + 1);
      text_.line("const char* b{};", k);
      text_.open("{");
      text_.line("const ix i{} = left + (ix)line, i{} = top + (ix)lane;", last_, axis_);
      text_.line("b{} = {};", k, writer_.address(k, 0, nest_.rank()));
      text_.close();
      text_.line("const i64 d{} = {} * {};", k, writer_.raw_stride(k, last_), lines);
    });
  }

  void each_row() {
    text_.line("#pragma unroll");
    text_.open(fmt::format("for (int u = 0; u < {}; ++u) {{", unroll_));
  }
  std::string at(uint32_t k) const { return fmt::format("b{0} + u * d{0}", k); }

  // All loads, then all arithmetic, then all stores.
  void full() {
    load_fixed();
    each(OperandKind::load, [&](uint32_t k) {
      if (!is_fixed(k) || is_transposed(k)) text_.line("{} x{}[{}];", type(k), k, unroll_);
    });
    each(OperandKind::store, [&](uint32_t k) { text_.line("{} y{}[{}];", type(k), k, unroll_); });
    each_row();
    const auto load = [&](uint32_t k) { text_.line("x{}[u] = {};", k, cuda_load(nest_.operands[k].dtype, at(k))); };
    each_moving(load);
    each_transposed(load);
    text_.close();
    if (options_.variant.transposed != 0) {
      each_row();
      each_transposed([&](uint32_t k) { text_.line("t{0}[line + u * {1}][lane] = x{0}[u];", k, lines); });
      text_.close();
      text_.line("__syncthreads();");
    }
    each_row();
    evaluate([&](uint32_t k) { return is_fixed(k) ? fmt::format("x{}", k) : fmt::format("x{}[u]", k); },
             [&](uint32_t k, const std::string& value) { text_.line("y{}[u] = {};", k, value); });
    text_.close();
    each_row();
    each(OperandKind::store, [&](uint32_t k) { text_.line("*({}*)({}) = y{}[u];", type(k), row_of(k), k); });
    text_.close();
  }

  void load_fixed() {
    each(OperandKind::load, [&](uint32_t k) {
      if (is_fixed(k) && !is_transposed(k))
        text_.line("const {} x{} = {};", type(k), k, cuda_load(nest_.operands[k].dtype, fmt::format("b{}", k)));
    });
  }
  std::string row_of(uint32_t k) const { return is_fixed(k) ? fmt::format("b{}", k) : at(k); }

  void evaluate(const std::function<std::string(uint32_t)>& value,
                const std::function<void(uint32_t, const std::string&)>& store) {
    CudaHooks hooks;
    hooks.load = [&](uint32_t k) {
      CudaEmitter e = writer_.emitter(text_);
      const Operand& operand = nest_.operands[k];
      if (operand.kind == OperandKind::index) return e.named(operand.dtype, index_value(k));
      if (is_transposed(k)) return cuda_loaded(e, operand.dtype, fmt::format("t{}[lane][line + u * {}]", k, lines));
      return cuda_loaded(e, operand.dtype, value(k));
    };
    hooks.store = [&](uint32_t k, const CudaValue& result) { store(k, result.text); };
    writer_.evaluate(text_, nest_.body, hooks);
  }
  std::string index_value(uint32_t k) {
    const std::string first = writer_.index_value(k, 0, nest_.rank(), "");
    if (is_fixed(k)) return first;
    return fmt::format("{} + (i64)(u * {}) * {}", first, lines, writer_.raw_stride(k, axis_));
  }

  void part() {
    if (options_.variant.transposed != 0) {
      text_.line("#pragma unroll 1");
      text_.open(fmt::format("for (int u = 0; u < {}; ++u) {{", unroll_));
      text_.open(fmt::format("if (left + (ix)line + u * {} < {} && top + (ix)lane < {}) {{", lines,
                             writer_.extent(last_), writer_.extent(axis_)));
      each_transposed([&](uint32_t k) {
        text_.line("t{}[line + u * {}][lane] = {};", k, lines, cuda_load(nest_.operands[k].dtype, at(k)));
      });
      text_.close();
      text_.close();
      text_.line("__syncthreads();");
    }
    text_.line("if (i{} >= {}) return;", last_, writer_.extent(last_));
    text_.line("#pragma unroll 1");
    text_.open(fmt::format("for (int u = 0; u < {0} && i{1} + u * {2} < {3}; ++u) {{", unroll_, axis_, lines,
                           writer_.extent(axis_)));
    // An output may be an input: nothing is stored before everything is loaded.
    std::vector<std::string> stores;
    evaluate([&](uint32_t k) { return cuda_load(nest_.operands[k].dtype, row_of(k)); },
             [&](uint32_t k, const std::string& value) {
               stores.push_back(fmt::format("*({}*)({}) = {};", type(k), row_of(k), value));
             });
    for (const std::string& line : stores) text_.line("{}", line);
    text_.close();
  }

  const LoopNest& nest_;
  const CudaOptions& options_;
  int axis_, last_, unroll_;
  NestWriter writer_;
  CudaText text_;
};

}  // namespace

void write_tiles(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel) {
  TilesWriter(nest, options).write(kernel);
}

}  // namespace fuseval::codegen

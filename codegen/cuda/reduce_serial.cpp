// Order (B) of LANGUAGE.md's canonical order: a thread owns adjacent outputs (columns) and takes canonical blocks of 16
// elements one after another, each in series, and their tree as a binary counter (StateWriter's push and collapse). A
// warp's threads lie side by side, so that each row of a block is one coalesced load.
//
// Where there are few columns, many threads share an output: each takes `group` (a power of two, up to 32) consecutive
// blocks, and their states go through `combine`, 32 to one, as often as it takes.
#include "codegen/cuda/group_writer.hpp"
#include "codegen/cuda/writers.hpp"

namespace fuseval::codegen {
namespace {

constexpr int threads = cuda_serial_threads;
constexpr int levels = cuda_serial_levels + 1;

class SerialWriter {
 public:
  SerialWriter(const LoopNest& nest, const CudaOptions& options)
      : nest_(nest),
        options_(options),
        shape_(shape(nest, options)),
        writer_(nest, options, shape_.rows * shape_.width),
        states_(writer_, shape_.width),
        group_(writer_, states_, shape_) {}

  void write(CudaKernel& kernel) {
    const std::string functions = states_.finish();
    reduce_kernel();
    combine_kernel();
    kernel.entries = {{CudaRole::reduce, options_.name + "_reduce", threads},
                      {CudaRole::combine, options_.name + "_combine", threads}};
    const std::string states = states_.text();
    kernel.text = writer_.assemble(states, functions, text_.text());
    kernel.words = writer_.words();
    kernel.words_in_memory = writer_.words_in_memory();
    kernel.vector = shape_.width;
    kernel.block = cuda_serial_rows;
    kernel.state_bytes = StateLayout(nest_).bytes();
  }

 private:
  static GroupShape shape(const LoopNest& nest, const CudaOptions& options) {
    const int width = options.variant.vectors ? cuda_vector_width(nest) : 1;
    return {cuda_group_rows(nest, width), width, width > 1, 1};
  }
  std::string number(CudaNumber n) { return writer_.number(n); }

  // Splits a thread's number into its outputs and its chunk of their states; outputs go first.
  void place(int width) {
    text_.line("const ix thread = (ix)blockIdx.x * {} + (ix)threadIdx.x;", threads);
    text_.line("const ix chunk = divide(thread, {}, {});", writer_.raw_number(CudaNumber::divisor_multiplier),
               writer_.raw_number(CudaNumber::divisor_shift));
    text_.line("const ix o = (thread - chunk * {}) * {};", number(CudaNumber::divisor), width);
    text_.line("if (chunk >= {}) return;", number(CudaNumber::chunks));
  }
  void put_state(const std::string& output) {
    text_.line("if ({}) finish(arguments, {}, state);", number(CudaNumber::finish), output);
    text_.line("else ((State*){})[chunk * {} + {}] = state;", writer_.raw_number(CudaNumber::to),
               number(CudaNumber::outputs), output);
  }

  void reduce_kernel() {
    const int width = shape_.width;
    text_.open(writer_.head(options_.name + "_reduce", threads));
    place(width);
    writer_.split(text_, 0, nest_.parallel_rank(), "o");
    group_.item(text_);
    text_.line("State levels[{}];", levels * width);
    text_.line("u32 n = 0;");
    text_.line("const ix begin = chunk * {0}, end = begin + {0};", number(CudaNumber::group));
    text_.open(fmt::format("for (ix b = begin; b < end && b < {}; ++b) {{", number(CudaNumber::blocks)));
    block(width);
    text_.close();
    text_.line("#pragma unroll");
    text_.open(fmt::format("for (int k = 0; k < {}; ++k) {{", width));
    text_.line("const State state = collapse(levels + k * {}, n);", levels);
    put_state("o + k");
    text_.close();
    text_.close();
  }

  void block(int width) {
    text_.line("State lane[{}];", width);
    text_.line("#pragma unroll");
    text_.line("for (int k = 0; k < {}; ++k) lane[k] = identity();", width);
    text_.line("const bool full = b * {0} + {0} <= {1};", cuda_serial_rows, number(CudaNumber::reduced));
    text_.line("#pragma unroll 1");
    text_.open(fmt::format("for (int row = 0; row < {}; row += {}) {{", cuda_serial_rows, shape_.rows));
    text_.line("const ix first = b * {} + row;", cuda_serial_rows);
    text_.line("if (first >= {}) break;", number(CudaNumber::reduced));
    group_.group(text_);
    if (states_.has_moments()) leaves(width);
    text_.close();
    text_.line("#pragma unroll");
    text_.line("for (int k = 0; k < {}; ++k) push(levels + k * {}, n, lane[k]);", width, levels);
    text_.line("++n;");
  }
  void leaves(int width) {
    std::string rows;
    for (const uint32_t a : states_.moments()) rows += fmt::format("{}z{} + k", rows.empty() ? "" : ", ", a);
    text_.line("const i32 present = full ? 16 : (i32)({} - first);", number(CudaNumber::reduced));
    text_.line("#pragma unroll");
    text_.line("for (int k = 0; k < {0}; ++k) lane[k] = put(lane[k], full ? leaf_full({1}) : leaf_part({1}, present));",
               width, rows);
  }

  void combine_kernel() {
    const int most = 1 << cuda_serial_levels;
    text_.open(writer_.head(options_.name + "_combine", threads));
    place(1);
    text_.line("const ix first = chunk * {};", most);
    text_.line("const ix left = {} - first;", number(CudaNumber::states));
    text_.line("const u32 n = left < {0} ? (u32)left : {0}u;", most);
    text_.line("const State* from = (const State*){} + o;", writer_.raw_number(CudaNumber::from));
    text_.line("State levels[{}];", levels);
    text_.line("#pragma unroll 1");
    text_.line("for (u32 k = 0; k < n; ++k) push(levels, k, from[(first + (ix)k) * {}]);", number(CudaNumber::outputs));
    text_.line("const State state = collapse(levels, n);");
    put_state("o");
    text_.close();
  }

  const LoopNest& nest_;
  const CudaOptions& options_;
  GroupShape shape_;
  NestWriter writer_;
  StateWriter states_;
  GroupWriter group_;
  CudaText text_;
};

}  // namespace

void write_reduce_serial(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel) {
  SerialWriter(nest, options).write(kernel);
}

}  // namespace fuseval::codegen

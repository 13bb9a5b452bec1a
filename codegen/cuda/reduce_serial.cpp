// Order (B) of the canonical order of docs/language.md: a thread owns adjacent outputs (columns) and takes canonical
// blocks of 16 elements one after another, each in series, and their tree as a binary counter (StateWriter's push and
// collapse). A warp's threads lie side by side, so that each row of a block is one coalesced load.
//
// Where there are few columns, many threads share an output: each takes `group` (a power of two, up to 32) consecutive
// blocks, and their states go through `combine`, 32 to one, as often as it takes.
#include "codegen/cuda/group_writer.hpp"
#include "codegen/cuda/writers.hpp"

namespace fuseval::codegen {
namespace {

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
    const std::string reduce = reduce_kernel(), combine = combine_kernel();
    kernel.entries = {{CudaRole::reduce, options_.name + "_reduce", cuda_serial_threads},
                      {CudaRole::combine, options_.name + "_combine", cuda_serial_threads}};
    writer_.assemble(states_.text() + functions, {reduce, combine}, kernel);
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
  void place(CudaText& text, int width) {
    text.line("const ix thread = (ix)blockIdx.x * {} + (ix)threadIdx.x;", cuda_serial_threads);
    text.line("const ix chunk = divide(thread, {}, {});", writer_.raw_number(CudaNumber::divisor_multiplier),
              writer_.raw_number(CudaNumber::divisor_shift));
    text.line("const ix o = (thread - chunk * {}) * {};", number(CudaNumber::divisor), width);
    text.line("if (chunk >= {}) return;", number(CudaNumber::chunks));
  }
  void put_state(CudaText& text, const std::string& output) {
    text.line("if ({}) finish(arguments, {}, state);", number(CudaNumber::finish), output);
    text.line("else ((State*){})[chunk * {} + {}] = state;", writer_.raw_number(CudaNumber::to),
              number(CudaNumber::outputs), output);
  }

  std::string reduce_kernel() {
    CudaText text;
    const int width = shape_.width;
    text.open(writer_.head(options_.name + "_reduce", cuda_serial_threads));
    place(text, width);
    writer_.split(text, 0, nest_.parallel_rank(), "o");
    group_.item(text);
    text.line("State levels[{}];", levels * width);
    text.line("u32 n = 0;");
    text.line("const ix begin = {1} + chunk * {0}, end = begin + {0};", number(CudaNumber::group),
              number(CudaNumber::first_block));
    text.open(fmt::format("for (ix b = begin; b < end && b < {}; ++b) {{", number(CudaNumber::blocks)));
    block(text, width);
    text.close();
    text.line("#pragma unroll");
    text.open(fmt::format("for (int k = 0; k < {}; ++k) {{", width));
    text.line("const State state = collapse(levels + k * {}, n);", levels);
    put_state(text, "o + k");
    text.close();
    text.close();
    return text.text();
  }

  void block(CudaText& text, int width) {
    text.line("State lane[{}];", width);
    text.line("#pragma unroll");
    text.line("for (int k = 0; k < {}; ++k) lane[k] = identity();", width);
    text.line("const bool full = b * {0} + {0} <= {1};", cuda_serial_rows, number(CudaNumber::reduced));
    text.line("#pragma unroll 1");
    text.open(fmt::format("for (int row = 0; row < {}; row += {}) {{", cuda_serial_rows, shape_.rows));
    text.line("const ix first = b * {} + row;", cuda_serial_rows);
    text.line("if (first >= {}) break;", number(CudaNumber::reduced));
    group_.group(text);
    if (states_.has_moments()) leaves(text, width);
    text.close();
    text.line("#pragma unroll");
    text.line("for (int k = 0; k < {}; ++k) push(levels + k * {}, n, lane[k]);", width, levels);
    text.line("++n;");
  }
  void leaves(CudaText& text, int width) {
    std::string rows;
    for (const uint32_t a : states_.moments()) rows += fmt::format("{}z{} + k", rows.empty() ? "" : ", ", a);
    text.line("const i32 present = full ? 16 : (i32)({} - first);", number(CudaNumber::reduced));
    text.line("#pragma unroll");
    text.line("for (int k = 0; k < {0}; ++k) lane[k] = put(lane[k], full ? leaf_full({1}) : leaf_part({1}, present));",
              width, rows);
  }

  std::string combine_kernel() {
    CudaText text;
    const int most = 1 << cuda_serial_levels;
    text.open(writer_.head(options_.name + "_combine", cuda_serial_threads));
    place(text, 1);
    text.line("const ix first = chunk * {};", most);
    text.line("const ix left = {} - first;", number(CudaNumber::states));
    text.line("const u32 n = left < {0} ? (u32)left : {0}u;", most);
    text.line("const State* from = (const State*){} + o;", writer_.raw_number(CudaNumber::from));
    text.line("State levels[{}];", levels);
    text.line("#pragma unroll 1");
    text.line("for (u32 k = 0; k < n; ++k) push(levels, k, from[(first + (ix)k) * {}]);", number(CudaNumber::outputs));
    text.line("const State state = collapse(levels, n);");
    put_state(text, "o");
    text.close();
    return text.text();
  }

  const LoopNest& nest_;
  const CudaOptions& options_;
  GroupShape shape_;
  NestWriter writer_;
  StateWriter states_;
  GroupWriter group_;
};

}  // namespace

void write_reduce_serial(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel) {
  SerialWriter(nest, options).write(kernel);
}

}  // namespace fuseval::codegen

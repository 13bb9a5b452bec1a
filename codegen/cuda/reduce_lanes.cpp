// Order (A) of the canonical order of docs/language.md. Its LANES are 512 bytes of the accumulated dtype: one 16-byte
// load of a warp's 32 threads. So a warp reduces a canonical block of 64 rows of LANES, each thread holds LANES / 32
// lanes in registers, and lanes combine by halving through shuffles, with no shared memory.
//
// Which lanes a thread holds is free: adjacent ones where 16-byte loads are possible, else lanes a warp's width apart,
// so that a warp's loads lie side by side. Halving then goes over threads first and lanes after, or the other way
// round.
//
// The warps of a CUDA block take `group` consecutive blocks of each output and combine them up the tree; what is left
// of an output goes through `combine`. Outputs of at most 32 elements share warps (short_rows).
#include "codegen/cuda/lanes_block.hpp"
#include "codegen/cuda/writers.hpp"

namespace fuseval::codegen {
namespace {

constexpr int lanes_threads = 32 * cuda_warps;

class LanesWriter {
 public:
  LanesWriter(const LoopNest& nest, const CudaOptions& options)
      : nest_(nest),
        options_(options),
        lanes_(canonical_lanes(nest)),
        shape_(cuda_lanes_shape(nest, options.variant)),
        writer_(nest, options, shape_.rows * shape_.width),
        states_(writer_, shape_.width),
        group_(writer_, states_, shape_) {}

  void write(CudaKernel& kernel) {
    const std::string functions = states_.finish();
    std::vector<std::string> own;
    kernel.entries = {{CudaRole::reduce, options_.name + "_reduce", lanes_threads}};
    if (options_.variant.short_rows) {
      own = {short_kernel()};
    } else {
      own = {LanesBlockWriter(writer_, states_, group_, shape_).function() + reduce_kernel(), combine_kernel()};
      kernel.entries.push_back({CudaRole::combine, options_.name + "_combine", lanes_threads});
    }
    writer_.assemble(states_.text() + functions, own, kernel);
    kernel.vector = shape_.width;
    kernel.block = int64_t{cuda_lane_rows} * lanes_;
    kernel.state_bytes = StateLayout(nest_).bytes();
  }

 private:
  std::string number(CudaNumber n) { return writer_.number(n); }

  // ---- a CUDA block: `group` canonical blocks of 8 / `group` outputs

  std::string reduce_kernel() {
    CudaText text;
    text.open(writer_.head(options_.name + "_reduce", lanes_threads));
    text.line("__shared__ State of_warp[{}];", cuda_warps);
    text.line("const u32 thread = threadIdx.x % 32, warp = threadIdx.x / 32;");
    text.line("const u32 group = (u32){};", number(CudaNumber::group));
    place_of(text, "warp");
    text.line("State state = identity();");
    text.line("if (is_there) state = block_state(arguments, o, b, thread);");
    text.line("if (thread == 0) of_warp[warp] = state;");
    text.line("__syncthreads();");
    text.line("if (warp != 0) return;");
    text.open("{");
    place_of(text, fmt::format("(thread % {})", cuda_warps));
    text.line("state = of_warp[thread % {}];", cuda_warps);
    text.line("#pragma unroll 1");
    text.line("for (u32 d = 1; d < group; d *= 2) state = merge(state, shuffle(state, d));");
    text.line("if (thread < {} && thread % group == 0 && is_there) {{", cuda_warps);
    put_state(text, "o", fmt::format("o * {} + chunk", number(CudaNumber::chunks)));
    text.line("}}");
    text.close();
    text.close();
    return text.text();
  }

  // Which output's canonical block a warp of this CUDA block takes. `group` divides 8: the
  // first one's place in its node is a multiple.
  void place_of(CudaText& text, const std::string& warp) {
    text.line("const ix slot = (ix)blockIdx.x * ({} / group) + (ix)({} / group);", cuda_warps, warp);
    text.line("const ix o = divide(slot, {}, {});", writer_.raw_number(CudaNumber::divisor_multiplier),
              writer_.raw_number(CudaNumber::divisor_shift));
    text.line("const ix chunk = slot - o * {};", number(CudaNumber::divisor));
    text.line("const ix b = {} + chunk * (ix)group + (ix)({} % group);", number(CudaNumber::first_block), warp);
    text.line("const bool is_there = o < {} && b < {};", number(CudaNumber::outputs), number(CudaNumber::blocks));
  }

  void put_state(CudaText& text, const char* output, const std::string& position) {
    text.line("  if ({}) finish(arguments, {}, state);", number(CudaNumber::finish), output);
    text.line("  else ((State*){})[{}] = state;", writer_.raw_number(CudaNumber::to), position);
  }

  // ---- states to fewer states: a CUDA block takes 1 024 of one output

  std::string combine_kernel() {
    CudaText text;
    const int own = cuda_combine_states;
    text.open(writer_.head(options_.name + "_combine", lanes_threads));
    text.line("__shared__ State of_warp[{}];", cuda_warps);
    text.line("const u32 thread = threadIdx.x % 32, warp = threadIdx.x / 32;");
    text.line("const ix o = divide((ix)blockIdx.x, {}, {});", writer_.raw_number(CudaNumber::divisor_multiplier),
              writer_.raw_number(CudaNumber::divisor_shift));
    text.line("const ix chunk = (ix)blockIdx.x - o * {};", number(CudaNumber::divisor));
    text.line("const State* from = (const State*){} + o * {};", writer_.raw_number(CudaNumber::from),
              number(CudaNumber::states));
    text.line("State own[{}];", own);
    text.line("#pragma unroll");
    text.open(fmt::format("for (int k = 0; k < {}; ++k) {{", own));
    text.line("const ix at = chunk * {} + (ix)threadIdx.x * {} + k;", lanes_threads * own, own);
    text.line("own[k] = identity();");
    text.line("if (at < {}) own[k] = from[at];", number(CudaNumber::states));
    text.close();
    for (int step = 1; step < own; step *= 2)
      for (int k = 0; k < own; k += 2 * step) text.line("own[{0}] = merge(own[{0}], own[{1}]);", k, k + step);
    text.line("State state = own[0];");
    combine_threads(text, 32);
    text.line("if (thread == 0) of_warp[warp] = state;");
    text.line("__syncthreads();");
    text.line("if (warp != 0) return;");
    text.line("state = of_warp[thread % {}];", cuda_warps);
    combine_threads(text, cuda_warps);
    text.line("if (thread == 0) {{");
    put_state(text, "o", fmt::format("o * {} + chunk", number(CudaNumber::chunks)));
    text.line("}}");
    text.close();
    return text.text();
  }
  // The tree over the states of `count` neighbouring threads; thread 0 gets the whole.
  void combine_threads(CudaText& text, int count) {
    text.line("#pragma unroll 1");
    text.line("for (u32 d = 1; d < {}; d *= 2) state = merge(state, shuffle(state, d));", count);
  }

  // ---- rows of at most 32 elements: `group` threads each

  std::string short_kernel() {
    CudaText text;
    text.open(writer_.head(options_.name + "_reduce", lanes_threads));
    text.line("const u32 group = (u32){};", number(CudaNumber::group));
    text.line("const ix thread = (ix)blockIdx.x * {} + (ix)threadIdx.x;", lanes_threads);
    text.line("const ix o = thread >> __popc(group - 1);");
    text.line("const ix e = thread & (ix)(group - 1);");
    text.line("State lane[1];");
    text.line("lane[0] = identity();");
    text.open(fmt::format("if (o < {} && e < {}) {{", number(CudaNumber::outputs), number(CudaNumber::reduced)));
    writer_.split(text, 0, nest_.parallel_rank(), "o");
    group_.item(text);
    group_.element(text);
    text.close();
    text.line("for (u32 d = group / 2; d > 0; d /= 2) lane[0] = merge(lane[0], shuffle(lane[0], d));");
    text.line("if (o < {} && e == 0) finish(arguments, o, lane[0]);", number(CudaNumber::outputs));
    text.close();
    return text.text();
  }

  const LoopNest& nest_;
  const CudaOptions& options_;
  int lanes_;
  GroupShape shape_;
  NestWriter writer_;
  StateWriter states_;
  GroupWriter group_;
};

}  // namespace

void write_reduce_lanes(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel) {
  LanesWriter(nest, options).write(kernel);
}

}  // namespace fuseval::codegen

// Chains: reductions and elementwise nests over the same rows in one kernel, which runs all of them over a row before
// the next one. What the first nest reads of a row, the others find in the L1 or L2 cache, and so they do what one nest
// writes for the next; so a softmax reads its array from memory once instead of three times.
//
// A team of `group` warps (1, 2, 4 or 8 of a CUDA block's eight) owns a row, because that is how wide order (A) is: a
// warp reduces a canonical block (reduce_lanes.cpp), and a row has at most eight of them. Nests are separated by
// barriers, and hand results over in memory: a barrier makes a block's writes visible to all of it.
//
// Each nest's text is what it is when it stands alone, in a namespace of its own.
#include <memory>

#include "codegen/cuda/elements_writer.hpp"
#include "codegen/cuda/lanes_block.hpp"
#include "codegen/cuda/writers.hpp"
#include "codegen/reduction_layout.hpp"

namespace fuseval::codegen {
namespace {

constexpr int rows_threads = 32 * cuda_warps;

constexpr const char* head =
    "static __device__ __forceinline__ void run(const Arguments& arguments, const i64 row, const u32 group{}) {{";

std::string reduce_text(NestWriter& writer, const CudaOptions& options, CudaKernel& part) {
  const GroupShape shape = cuda_lanes_shape(writer.nest, options.variant);
  StateWriter states(writer, shape.width);
  GroupWriter group(writer, states, shape);
  const std::string functions = states.finish() + LanesBlockWriter(writer, states, group, shape).function();
  CudaText text;
  text.open(fmt::format(head, ", State* of_warp"));
  text.line("const u32 thread = threadIdx.x % 32, warp = threadIdx.x / 32, first = warp - warp % group;");
  text.line("const ix o = (ix)row, b = (ix)(warp - first);");
  text.line("const bool is_there = o < {};", writer.number(CudaNumber::outputs));
  text.line("State state = identity();");
  text.line("if (is_there && b < {}) state = block_state(arguments, o, b, thread);", writer.number(CudaNumber::blocks));
  text.line("if (thread == 0) of_warp[warp] = state;");
  text.line("__syncthreads();");
  text.line("if (warp != first || !is_there) return;");
  text.line("state = of_warp[first + thread % group];");
  text.line("#pragma unroll 1");
  text.line("for (u32 d = 1; d < group; d *= 2) state = merge(state, shuffle(state, d));");
  text.line("if (thread == 0) finish(arguments, o, state);");
  text.close();
  part.block = int64_t{cuda_lane_rows} * shape.row_step;
  return states.text() + functions + text.text();
}

std::string elements_text(NestWriter& writer, int shared, int width, int unroll) {
  ElementsWriter many(writer, {width, unroll, shared, "team", "member"});
  ElementsWriter one(writer, {width, 1, shared, "0", "0"});
  const std::string count = writer.number(CudaNumber::elements);
  CudaText text;
  text.open(fmt::format(head, ""));
  text.line("const u32 team = group * 32, member = threadIdx.x % team;");
  text.line("if (row >= {}) return;", writer.number(CudaNumber::outputs));
  writer.split(text, 0, shared, "(ix)row");
  many.load_uniform(text);
  text.line("ix block = 0;");
  text.line("#pragma unroll 1");
  text.open(fmt::format("for (; block + (ix)team * {0} <= {1}; block += (ix)team * {0}) {{", unroll * width, count));
  many.vectors(text);
  text.close();
  text.line("#pragma unroll 1");
  text.open(fmt::format("for (block += (ix)member * {0}; block < {1}; block += (ix)team * {0}) {{", width, count));
  one.vectors(text);
  text.close();
  text.close();
  return text.text();
}

class ChainWriter {
 public:
  ChainWriter(const CudaChain& chain, const std::vector<CudaVariant>& variants, const std::string& name)
      : chain_(chain), variants_(variants), name_(name) {}

  CudaKernel write() {
    body_.open(NestWriter::head(name_, rows_threads));
    for (size_t k = 0; k < chain_.nests.size(); ++k) add(k);
    body_.close();
    size_t words = 0;
    for (const CudaKernel& part : kernel_.chain) words += part.words.size();
    kernel_.words_in_memory = are_cuda_words_in_memory(words);
    std::string body = body_.text();
    set_cuda_parameter(body, kernel_.words_in_memory);
    kernel_.text = cuda_text_begin() + namespaces_ + "struct Arguments {\n" + fields_ + "};\n";
    kernel_.entries = {{CudaRole::rows, name_, rows_threads, kernel_.text.size(), kernel_.text.size() + body.size()}};
    kernel_.text += body;
    return std::move(kernel_);
  }

 private:
  void add(size_t k) {
    const LoopNest& nest = *chain_.nests[k];
    CudaOptions options;
    options.variant = variants_[k];
    CudaKernel part;
    part.variant = variants_[k];
    part.is_reduction = nest.is_reduction();
    part.rank = nest.rank();
    part.parallel_rank = chain_.shared;
    const int width = width_of(nest, variants_[k]), unroll = unroll_of(nest, variants_[k], width);
    NestWriter writer(nest, options, unroll * width);
    if (k == 0) writer.number(CudaNumber::group);  // the kernel reads it
    const std::string text =
        nest.is_reduction() ? reduce_text(writer, options, part) : elements_text(writer, chain_.shared, width, unroll);
    namespaces_ += fmt::format("namespace nest{} {{\n{}{}}}\n", k, writer.declarations(), text);
    fields_ += fmt::format("  nest{0}::Arguments of{0};\n", k);
    part.words = writer.words();
    kernel_.chain.push_back(std::move(part));
    if (k == 0) {
      body_.line("const u32 group = (u32)arguments.of0.group;");
      body_.line("const i64 row = (i64)blockIdx.x * ({} / group) + threadIdx.x / 32 / group;", cuda_warps);
    } else {
      body_.line("__syncthreads();");
    }
    if (nest.is_reduction()) body_.line("__shared__ nest{0}::State of_warp{0}[{1}];", k, cuda_warps);
    body_.line("nest{0}::run(arguments.of{0}, row, group{1});", k,
               nest.is_reduction() ? fmt::format(", of_warp{}", k) : "");
  }

  // A nest with one element a row has no axis to walk.
  int width_of(const LoopNest& nest, const CudaVariant& variant) const {
    if (nest.is_reduction()) return cuda_lanes_shape(nest, variant).width;
    return variant.vectors && nest.rank() > chain_.shared ? cuda_vector_width(nest) : 1;
  }
  static int unroll_of(const LoopNest& nest, const CudaVariant& variant, int width) {
    return nest.is_reduction() ? cuda_lanes_shape(nest, variant).rows : cuda_elements_unroll(nest, width);
  }

  const CudaChain& chain_;
  const std::vector<CudaVariant>& variants_;
  const std::string& name_;
  CudaKernel kernel_;
  std::string namespaces_, fields_;
  CudaText body_;
};

}  // namespace

bool cuda_can_chain(const CudaChain& chain) {
  bool reduces = false;
  for (const LoopNest* each : chain.nests) {
    const LoopNest& nest = *each;
    int64_t rows = 1, row = 1;
    for (int axis = 0; axis < nest.rank(); ++axis)
      (axis < chain.shared ? rows : row) *= nest.axes[static_cast<size_t>(axis)].extent;
    if (rows == 0 || row == 0) return false;
    if (!nest.is_reduction()) continue;
    reduces = true;
    const int64_t most = int64_t{cuda_warps} * cuda_lane_rows * canonical_lanes(nest);
    if (nest.order != ReductionOrder::lanes || nest.parallel_rank() != chain.shared) return false;
    if (row <= cuda_short_limit || row > most) return false;
  }
  return reduces && chain.nests.size() > 1;
}

CudaKernel cuda_chain_kernel(const CudaChain& chain, const std::vector<CudaVariant>& variants,
                             const std::string& name) {
  return ChainWriter(chain, variants, name).write();
}

}  // namespace fuseval::codegen

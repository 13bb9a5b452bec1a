// Elementwise nests: each block takes its threads' vectors (elements_writer.hpp), so eight 16-byte loads are in flight
// a thread where a plain grid-stride loop has two. The last block goes element by element.
#include "codegen/cuda/elements_writer.hpp"
#include "codegen/cuda/writers.hpp"

namespace fuseval::codegen {

void write_elementwise(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel) {
  constexpr int threads = cuda_elementwise_threads;
  const int width = options.variant.vectors ? cuda_vector_width(nest) : 1;
  const int unroll = cuda_elements_unroll(nest, width);
  NestWriter writer(nest, options, unroll * width + 1);
  ElementsWriter elements(writer, {width, unroll, 0, fmt::format("{}", threads), "threadIdx.x"});
  const int in_block = threads * unroll * width;
  CudaText text;
  text.open(NestWriter::head(options.name, threads));
  elements.load_uniform(text);
  text.line("const ix block = (ix)blockIdx.x * {};", in_block);
  text.open(fmt::format("if (block + {} <= {}) {{", in_block, writer.number(CudaNumber::elements)));
  elements.vectors(text);
  text.turn("} else {");
  text.line("#pragma unroll 1");
  text.open(fmt::format("for (ix i = block + (ix)threadIdx.x; i < {}; i += {}) {{", writer.number(CudaNumber::elements),
                        threads));
  elements.element(text);
  text.close();
  text.close();
  text.close();
  kernel.entries = {{CudaRole::elementwise, options.name, threads}};
  writer.assemble("", {text.text()}, kernel);
  kernel.vector = width;
  kernel.elements_a_block = in_block;
}

}  // namespace fuseval::codegen

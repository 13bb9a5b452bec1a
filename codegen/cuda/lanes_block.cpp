#include "codegen/cuda/lanes_block.hpp"

#include "codegen/cuda/writers.hpp"
#include "codegen/reduction_layout.hpp"

namespace fuseval::codegen {
namespace {

void each_lane(CudaText& text, int count, const char* line) {
  text.line("#pragma unroll");
  text.line("for (int k = 0; k < {}; ++k) {}", count, line);
}

}  // namespace

GroupShape cuda_lanes_shape(const LoopNest& nest, const CudaVariant& variant) {
  if (variant.short_rows) return {};
  const int lanes = canonical_lanes(nest), width = lanes / 32;
  return {cuda_group_rows(nest, width), width, variant.vectors, lanes};
}

std::string LanesBlockWriter::function() {
  CudaText text;
  text.open(
      "static __device__ __forceinline__ State block_state(const Arguments& arguments, const ix o, const ix b, "
      "const u32 thread) {");
  writer_.split(text, 0, writer_.nest.parallel_rank(), "o");
  group_.item(text);
  const int width = shape_.width;
  text.line("State lane[{}];", width);
  if (states_.has_moments()) text.line("Leaf low[{0}], high[{0}];", width);
  each_lane(
      text, width,
      states_.has_moments() ? "{ lane[k] = identity(); low[k] = high[k] = no_leaf(); }" : "lane[k] = identity();");
  text.line("#pragma unroll 1");
  text.open(fmt::format("for (int row = 0; row < {}; row += {}) {{", cuda_lane_rows, shape_.rows));
  text.line("const ix from = b * {} + row * {};", cuda_lane_rows * shape_.row_step, shape_.row_step);
  text.line("if (from >= {}) break;", number(CudaNumber::reduced));
  text.line("const bool full = from + {} <= {};", shape_.rows * shape_.row_step, number(CudaNumber::reduced));
  text.line("const ix first = from + (ix)thread{};", shape_.adjacent ? fmt::format(" * {}", width) : "");
  group_.group(text);
  if (states_.has_moments()) leaves(text);
  text.close();
  if (states_.has_moments()) each_lane(text, width, "lane[k] = put(lane[k], merge(low[k], high[k]));");
  halve(text);
  text.line("return lane[0];");
  text.close();
  return text.text();
}

// The tree over a block's four leaves: ((0, 1), (2, 3)); a leaf of no element changes nothing.
void LanesBlockWriter::leaves(CudaText& text) {
  const int width = shape_.width;
  text.line("#pragma unroll");
  text.open(fmt::format("for (int k = 0; k < {}; ++k) {{", width));
  std::string rows;
  for (const uint32_t a : states_.moments()) rows += fmt::format("{}z{} + k", rows.empty() ? "" : ", ", a);
  const char* lane = shape_.adjacent ? "first + k" : "first + k * 32";
  text.line("const ix left = {} - ({});", number(CudaNumber::reduced), lane);
  text.line("const i32 n = left <= 0 ? 0 : (i32)((left + {}) / {});", shape_.row_step - 1, shape_.row_step);
  text.line("const Leaf leaf = full ? leaf_full({0}) : leaf_part({0}, n);", rows);
  text.line("const Leaf sum = merge(row < 32 ? low[k] : high[k], leaf);");
  text.line("if (row < 32) low[k] = sum; else high[k] = sum;");
  text.close();
}

void LanesBlockWriter::halve(CudaText& text) {
  if (!shape_.adjacent) halve_lanes(text);
  const int width = shape_.adjacent ? shape_.width : 1;
  text.line("#pragma unroll 1");
  text.open("for (u32 d = 16; d > 0; d /= 2) {");
  each_lane(text, width, "lane[k] = merge(lane[k], shuffle(lane[k], d));");
  text.close();
  if (shape_.adjacent) halve_lanes(text);
}
void LanesBlockWriter::halve_lanes(CudaText& text) {
  for (int half = shape_.width / 2; half > 0; half /= 2)
    each_lane(text, half, fmt::format("lane[k] = merge(lane[k], lane[k + {}]);", half).c_str());
}

}  // namespace fuseval::codegen

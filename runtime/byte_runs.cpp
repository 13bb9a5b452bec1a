#include "runtime/byte_runs.hpp"

namespace fuseval::runtime {

ByteRuns runs_of_block(const Shape& shape, int axis, int64_t lower, int64_t upper, int64_t itemsize) {
  const auto at = shape.begin() + axis;
  const int64_t outer = element_count(Shape(shape.begin(), at)),
                inner = element_count(Shape(at + 1, shape.end())) * itemsize;
  ByteRuns runs{static_cast<size_t>(lower * inner), static_cast<size_t>((upper - lower) * inner),
                static_cast<size_t>(*at * inner), static_cast<size_t>(outer)};
  if (runs.total() == 0) return {};
  if (runs.bytes == runs.pitch) return {runs.first, runs.total(), runs.total(), 1};
  return runs;
}

}  // namespace fuseval::runtime

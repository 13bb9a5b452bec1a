// Right kernels that the tests run, break and mutate.
#pragma once

#include <string>

/// y = 2 x + 1, one thread an element; words: x, y, count.
inline const std::string elementwise_text = R"(struct Arguments { const float* x; float* y; long long count; };
extern "C" __global__ void __launch_bounds__(256) elementwise(const __grid_constant__ Arguments arguments) {
  const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= arguments.count) return;
  arguments.y[i] = __fmaf_rn(2.0f, arguments.x[i], 1.0f);
}
)";

/// The sum of each block's 2 * blockDim.x doubles by a tree in shared memory; words: x, partials.
inline const std::string tree_text = R"(struct Arguments { const double* x; double* partials; };
extern "C" __global__ void __launch_bounds__(512) tree(const __grid_constant__ Arguments arguments) {
  __shared__ double sums[512];
  const double* x = arguments.x + static_cast<long long>(blockIdx.x) * 2 * blockDim.x;
  const unsigned t = threadIdx.x;
  sums[t] = x[t] + x[t + blockDim.x];
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (t < half) sums[t] += sums[t + half];
    __syncthreads();
  }
  if (t == 0) arguments.partials[blockIdx.x] = sums[t];
}
)";

/// The sum of all elements: warps by shuffles, a block's warps in shared memory, the blocks' partials by the block that
/// is done last; words: x, partials, counter (0 before and after), result, count.
inline const std::string last_block_text =
    R"(struct Arguments { const double* x; double* partials; unsigned* counter; double* result; long long count; };
static __device__ __forceinline__ double warp_sum(double v) {
  for (int k = 16; k > 0; k /= 2) v += __shfl_down_sync(0xffffffff, v, k);
  return v;
}
static __device__ double block_sum(double v, double* warps) {
  v = warp_sum(v);
  if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x >= 32) return 0;
  return warp_sum(threadIdx.x < blockDim.x / 32 ? warps[threadIdx.x] : 0);
}
extern "C" __global__ void __launch_bounds__(128) last_block(const __grid_constant__ Arguments arguments) {
  __shared__ double warps[4];
  __shared__ unsigned is_last;
  const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  double v = block_sum(i < arguments.count ? arguments.x[i] : 0, warps);
  if (threadIdx.x == 0) {
    arguments.partials[blockIdx.x] = v;
    __threadfence();
    is_last = atomicAdd(arguments.counter, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!is_last) return;
  v = 0;
  for (unsigned b = threadIdx.x; b < gridDim.x; b += blockDim.x) v += arguments.partials[b];
  v = block_sum(v, warps);
  if (threadIdx.x == 0) {
    arguments.result[0] = v;
    arguments.counter[0] = 0;
  }
}
)";

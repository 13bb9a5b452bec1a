// The kinds of texts, one file each, and what they agree on. Internal to codegen/cuda.
#pragma once

#include "codegen/cuda/kernel.hpp"

namespace fuseval::codegen {

/// Adjacent elements (order (B): outputs) that a thread of the vector variant takes together: 16 bytes of the largest
/// contiguous operand. 1: the nest has no vector variant, as it has no contiguous operand, or one with strides along
/// the vector axis, which threads had better walk one element each.
int cuda_vector_width(const LoopNest& nest);

/// Bytes that one instruction moves of an operand in the vector variant: what it must be aligned to.
int cuda_access_bytes(const Operand& operand, int width);

// Geometry that texts and launches share.
inline constexpr int cuda_elementwise_threads = 256;
inline constexpr int cuda_tile = 32;         ///< elements of a tile along the last axis; 8 lines of threads
inline constexpr int cuda_warps = 8;         ///< of a block in order (A) and in its combine
inline constexpr int cuda_short_limit = 32;  ///< elements of an output for reduce_short
inline constexpr int cuda_lane_rows = 64;    ///< of a canonical block in order (A)
inline constexpr int cuda_serial_rows = 16;  ///< in order (B)
inline constexpr int cuda_serial_threads = 128;
inline constexpr int cuda_serial_levels = 5;   ///< of the tree in a thread: 32 states at most
inline constexpr int cuda_combine_states = 4;  ///< that a thread of order (A)'s combine takes

// Each fills in the kernel's text, entries, words and geometry.
void write_tiles(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel);
void write_elementwise(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel);
void write_reduce_lanes(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel);
void write_reduce_serial(const LoopNest& nest, const CudaOptions& options, CudaKernel& kernel);

}  // namespace fuseval::codegen

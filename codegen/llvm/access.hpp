// Loads and stores of one vector of elements. Elements may lie at any address (align 1): on x86-64 that costs nothing
// where they happen to be aligned. A bool is a byte in memory and an i1 in a value.
#pragma once

#include "codegen/llvm/emitter.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// Where a vector's elements lie.
struct Place {
  llvm::Value* pointer = nullptr;  ///< of lane 0
  LayoutClass layout = LayoutClass::contiguous;
  llvm::Value* lane_offsets = nullptr;  ///< strided: <N x i64> bytes from lane 0
};

/// Whether one instruction moves a vector under a mask. LLVM would take the others apart, lane by lane with branches:
/// AVX2 has masks for elements of 4 and 8 bytes, and its gathers are slower than scalar loads on half of the
/// processors.
bool can_mask(const Target& target, LayoutClass layout, DType dtype);

/// The vector at a place; where mask (null: all lanes) is false, memory is not read and the value is 0.
LlvmValue load(LlvmEmitter& e, DType dtype, const Place& place, llvm::Value* mask);
/// Writes the lanes of mask.
void store(LlvmEmitter& e, LlvmValue value, const Place& place, llvm::Value* mask);

/// Contiguous, with a non-temporal hint; the place is aligned to the vector's size. A mask would drop the hint.
void store_streaming(LlvmEmitter& e, LlvmValue value, llvm::Value* pointer);

/// <N x i1>: lane < remaining, for remaining of at most N.
llvm::Value* tail_mask(LlvmEmitter& e, llvm::Value* remaining);
/// <N x i64>: lane * step.
llvm::Value* lane_multiples(LlvmEmitter& e, llvm::Value* step);

}  // namespace fuseval::codegen

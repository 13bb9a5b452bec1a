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
  llvm::Value* stride = nullptr;  ///< strided: bytes from lane to lane
  llvm::Value* triple = nullptr;  ///< strided: 3 * stride
};

/// Whether a vector can be moved under a mask. Contiguous ones need an instruction for it, which AVX2 has for elements
/// of 4 and 8 bytes; strided ones a gather or scatter of their size. Those are slow (3.5 times slower than scalar loads
/// here, where the microcode guards against leaks), so whole vectors do without.
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

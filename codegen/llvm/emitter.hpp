// The LLVM emitter: a Value is a vector of `lanes` elements, or a plain scalar when lanes is 1. No fast-math flag, no
// nsw or nuw: LLVM may not change an operation. Masks are <N x i1>.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "codegen/emitter.hpp"
#include "codegen/llvm/target.hpp"
#include "ir/dtype.hpp"

namespace fuseval::codegen {

struct LlvmValue {
  llvm::Value* value = nullptr;
  DType dtype = DType::float64;
  bool operator==(const LlvmValue&) const = default;
};

class LlvmEmitter {
 public:
  using Value = LlvmValue;
  using Builder = llvm::IRBuilder<>;

  LlvmEmitter(Builder& builder, const Target& target, int lanes) : ir_(builder), target_(target), lanes_(lanes) {}

  int lanes() const { return lanes_; }
  const Target& target() const { return target_; }
  Builder& builder() { return ir_; }
  DType dtype_of(Value v) const { return v.dtype; }
  /// The type of a Value, and of its elements (i1 for bool).
  llvm::Type* type(DType dtype) const;
  llvm::Type* element_type(DType dtype) const;
  /// The same scalar in every lane.
  Value splat(Value scalar);
  /// Whether any lane of a mask is true, as an i1.
  llvm::Value* any(Value mask);

  Value constant(DType dtype, uint64_t bits);
  Value real(DType dtype, double x);
  Value integer(DType dtype, int64_t x);

  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value div(Value a, Value b) { return {ir_.CreateFDiv(a.value, b.value), a.dtype}; }
  Value quotient(Value a, Value b);
  Value rest(Value a, Value b) { return sub(a, mul(quotient(a, b), b)); }
  Value fma(Value a, Value b, Value c);
  Value sqrt(Value a) { return unary(llvm::Intrinsic::sqrt, a); }

  Value bit_and(Value a, Value b) { return {ir_.CreateAnd(a.value, b.value), a.dtype}; }
  Value bit_or(Value a, Value b) { return {ir_.CreateOr(a.value, b.value), a.dtype}; }
  Value bit_xor(Value a, Value b) { return {ir_.CreateXor(a.value, b.value), a.dtype}; }
  Value bit_not(Value a) { return {ir_.CreateNot(a.value), a.dtype}; }
  Value shift_left(Value a, Value b) { return {ir_.CreateShl(a.value, b.value), a.dtype}; }
  Value shift_right(Value a, Value b);
  Value popcount(Value a) { return unary(llvm::Intrinsic::ctpop, a); }

  Value floor(Value a) { return unary(llvm::Intrinsic::floor, a); }
  Value ceil(Value a) { return unary(llvm::Intrinsic::ceil, a); }
  Value trunc(Value a) { return unary(llvm::Intrinsic::trunc, a); }
  Value rint(Value a) { return unary(llvm::Intrinsic::roundeven, a); }
  Value neg(Value a) { return {ir_.CreateFNeg(a.value), a.dtype}; }
  Value abs(Value a) { return unary(llvm::Intrinsic::fabs, a); }

  Value eq(Value a, Value b);
  Value ne(Value a, Value b);
  Value lt(Value a, Value b);
  Value le(Value a, Value b);
  Value gt(Value a, Value b) { return lt(b, a); }
  Value ge(Value a, Value b) { return le(b, a); }

  Value select(Value mask, Value a, Value b) { return {ir_.CreateSelect(mask.value, a.value, b.value), a.dtype}; }
  Value convert(Value a, DType to);
  Value bitcast(Value a, DType to) { return {ir_.CreateBitCast(a.value, type(to)), to}; }
  Value lookup(std::span<const uint64_t> table, DType dtype, Value index);

  /// A branch around f's code, taken when no lane needs it.
  template <class F>
  Value rarely(Value mask, Value value, F&& f) {
    llvm::BasicBlock* before = ir_.GetInsertBlock();
    llvm::BasicBlock* rare = block("rare");
    llvm::BasicBlock* next = block("next");
    branch_rarely(any(mask), rare, next);
    ir_.SetInsertPoint(rare);
    const Value chosen = select(mask, f(), value);
    llvm::BasicBlock* rare_end = ir_.GetInsertBlock();
    ir_.CreateBr(next);
    ir_.SetInsertPoint(next);
    llvm::PHINode* merged = ir_.CreatePHI(type(value.dtype), 2);
    merged->addIncoming(value.value, before);
    merged->addIncoming(chosen.value, rare_end);
    return {merged, value.dtype};
  }

  template <size_t K, class Active, class Step>
  std::array<Value, K> repeat_while(std::array<Value, K> state, Active&& active, Step&& step) {
    llvm::BasicBlock* before = ir_.GetInsertBlock();
    llvm::BasicBlock* header = block("while");
    llvm::BasicBlock* body = block("step");
    llvm::BasicBlock* exit = block("done");
    ir_.CreateBr(header);
    ir_.SetInsertPoint(header);
    std::array<llvm::PHINode*, K> phis;
    for (size_t k = 0; k < K; ++k) {
      phis[k] = ir_.CreatePHI(type(state[k].dtype), 2);
      phis[k]->addIncoming(state[k].value, before);
      state[k].value = phis[k];
    }
    const Value mask = active(state);
    branch_rarely(any(mask), body, exit);
    ir_.SetInsertPoint(body);
    const std::array<Value, K> next = step(state);
    for (size_t k = 0; k < K; ++k) {
      const Value kept = select(mask, next[k], state[k]);
      phis[k]->addIncoming(kept.value, nullptr);
    }
    for (size_t k = 0; k < K; ++k) phis[k]->setIncomingBlock(1, ir_.GetInsertBlock());
    ir_.CreateBr(header);
    ir_.SetInsertPoint(exit);
    return state;
  }

 private:
  Value unary(llvm::Intrinsic::ID id, Value a) { return {ir_.CreateUnaryIntrinsic(id, a.value), a.dtype}; }
  Value mask_of(llvm::Value* v) const { return {v, DType::bool_}; }
  llvm::BasicBlock* block(const char* name);
  void branch_rarely(llvm::Value* condition, llvm::BasicBlock* rare, llvm::BasicBlock* usual);
  llvm::Value* table_global(std::span<const uint64_t> table, DType dtype);

  Builder& ir_;
  const Target& target_;
  int lanes_;
};

}  // namespace fuseval::codegen

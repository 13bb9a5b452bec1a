#include "codegen/llvm/emitter.hpp"

#include <fmt/format.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>

#include "codegen/llvm/register_constant.hpp"

namespace fuseval::codegen {
namespace {

// FNV-1a over the entries: the same name in every process.
uint64_t hash_of(std::span<const uint64_t> table) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const uint64_t entry : table) hash = (hash ^ entry) * 0x100000001b3u;
  return hash;
}

}  // namespace

llvm::Type* LlvmEmitter::element_type(DType dtype) const {
  if (is_bool(dtype)) return ir_.getInt1Ty();
  if (dtype == DType::float32) return ir_.getFloatTy();
  if (dtype == DType::float64) return ir_.getDoubleTy();
  return ir_.getIntNTy(static_cast<unsigned>(8 * size_of(dtype)));
}

llvm::Type* LlvmEmitter::type(DType dtype) const {
  llvm::Type* element = element_type(dtype);
  return lanes_ == 1 ? element : llvm::FixedVectorType::get(element, static_cast<unsigned>(lanes_));
}

LlvmValue LlvmEmitter::splat(Value scalar) {
  if (lanes_ == 1) return scalar;
  return {ir_.CreateVectorSplat(static_cast<unsigned>(lanes_), scalar.value), scalar.dtype};
}

llvm::Value* LlvmEmitter::any(Value mask) {
  if (lanes_ == 1) return mask.value;
  llvm::Value* bits = ir_.CreateBitCast(mask.value, ir_.getIntNTy(static_cast<unsigned>(lanes_)));
  return ir_.CreateIsNotNull(bits);
}

LlvmValue LlvmEmitter::constant(DType dtype, uint64_t bits) {
  llvm::Type* element = element_type(dtype);
  if (!is_float(dtype)) return {llvm::ConstantInt::get(type(dtype), bits), dtype};
  const llvm::APInt raw(static_cast<unsigned>(8 * size_of(dtype)), bits);
  return {llvm::ConstantFP::get(type(dtype), llvm::APFloat(element->getFltSemantics(), raw)), dtype};
}

LlvmValue LlvmEmitter::real(DType dtype, double x) {
  llvm::Constant* value = llvm::ConstantFP::get(type(dtype), x);
  const bool is_zmm = target_.avx512 && lanes_ * size_of(dtype) == 64;
  // Zero needs no memory, and LLVM has better instructions where it sees it.
  return {is_zmm && x != 0 ? register_constant(ir_, value) : value, dtype};
}

LlvmValue LlvmEmitter::integer(DType dtype, int64_t x) {
  const llvm::APInt bits(static_cast<unsigned>(8 * size_of(dtype)), static_cast<uint64_t>(x), true, true);
  return {llvm::ConstantInt::get(type(dtype), bits), dtype};
}

LlvmValue LlvmEmitter::add(Value a, Value b) {
  return {is_float(a.dtype) ? ir_.CreateFAdd(a.value, b.value) : ir_.CreateAdd(a.value, b.value), a.dtype};
}
LlvmValue LlvmEmitter::sub(Value a, Value b) {
  return {is_float(a.dtype) ? ir_.CreateFSub(a.value, b.value) : ir_.CreateSub(a.value, b.value), a.dtype};
}
LlvmValue LlvmEmitter::mul(Value a, Value b) {
  return {is_float(a.dtype) ? ir_.CreateFMul(a.value, b.value) : ir_.CreateMul(a.value, b.value), a.dtype};
}

// There is no integer division of vectors; LLVM would divide lane by lane. Up to 32 bits a float division gives the
// same quotient: it rounds up to an integer q only if a/b is within half a unit in the last place below q, but unequal
// a/b stays 1/b away from q, and q*b < 2**width: relative distance above 2**-width, against 2**-24 for 16 bits and
// 2**-53 for 32.
LlvmValue LlvmEmitter::quotient(Value a, Value b) {
  const bool negative = is_signed(a.dtype);
  if (lanes_ > 1 && size_of(a.dtype) <= 4) {
    const DType wide = size_of(a.dtype) <= 2 ? DType::float32 : DType::float64;
    return convert(div(convert(a, wide), convert(b, wide)), a.dtype);
  }
  return {negative ? ir_.CreateSDiv(a.value, b.value) : ir_.CreateUDiv(a.value, b.value), a.dtype};
}

LlvmValue LlvmEmitter::fma(Value a, Value b, Value c) {
  return {ir_.CreateIntrinsic(llvm::Intrinsic::fma, {a.value->getType()}, {a.value, b.value, c.value}), a.dtype};
}

LlvmValue LlvmEmitter::shift_right(Value a, Value b) {
  return {is_signed(a.dtype) ? ir_.CreateAShr(a.value, b.value) : ir_.CreateLShr(a.value, b.value), a.dtype};
}

LlvmValue LlvmEmitter::eq(Value a, Value b) {
  return mask_of(is_float(a.dtype) ? ir_.CreateFCmpOEQ(a.value, b.value) : ir_.CreateICmpEQ(a.value, b.value));
}
LlvmValue LlvmEmitter::ne(Value a, Value b) {
  return mask_of(is_float(a.dtype) ? ir_.CreateFCmpUNE(a.value, b.value) : ir_.CreateICmpNE(a.value, b.value));
}
LlvmValue LlvmEmitter::lt(Value a, Value b) {
  if (is_float(a.dtype)) return mask_of(ir_.CreateFCmpOLT(a.value, b.value));
  return mask_of(is_signed(a.dtype) ? ir_.CreateICmpSLT(a.value, b.value) : ir_.CreateICmpULT(a.value, b.value));
}
LlvmValue LlvmEmitter::le(Value a, Value b) {
  if (is_float(a.dtype)) return mask_of(ir_.CreateFCmpOLE(a.value, b.value));
  return mask_of(is_signed(a.dtype) ? ir_.CreateICmpSLE(a.value, b.value) : ir_.CreateICmpULE(a.value, b.value));
}

LlvmValue LlvmEmitter::convert(Value a, DType to) {
  llvm::Type* target = type(to);
  const auto made = [&](llvm::Value* v) { return Value{v, to}; };
  if (a.dtype == to) return a;
  if (is_bool(to)) return ne(a, constant(a.dtype, 0));
  if (is_float(a.dtype)) {
    if (is_float(to)) return made(ir_.CreateFPCast(a.value, target));
    return made(is_signed(to) ? ir_.CreateFPToSI(a.value, target) : ir_.CreateFPToUI(a.value, target));
  }
  if (is_float(to))
    return made(is_signed(a.dtype) ? ir_.CreateSIToFP(a.value, target) : ir_.CreateUIToFP(a.value, target));
  return made(is_signed(a.dtype) ? ir_.CreateSExtOrTrunc(a.value, target) : ir_.CreateZExtOrTrunc(a.value, target));
}

llvm::Value* LlvmEmitter::table_global(std::span<const uint64_t> table, DType dtype) {
  llvm::Module& module = *ir_.GetInsertBlock()->getModule();
  // A kernel may look into a table from several places.
  const std::string name = fmt::format("table.{:x}.{}", hash_of(table), size_of(dtype));
  if (llvm::GlobalVariable* global = module.getNamedGlobal(name)) return global;
  std::vector<llvm::Constant*> entries;
  llvm::Type* entry = ir_.getIntNTy(static_cast<unsigned>(8 * size_of(dtype)));
  for (const uint64_t bits : table)
    entries.push_back(
        llvm::ConstantInt::get(entry, llvm::APInt(64, bits).trunc(static_cast<unsigned>(8 * size_of(dtype)))));
  auto* type = llvm::ArrayType::get(entry, entries.size());
  auto* global = new llvm::GlobalVariable(module, type, true, llvm::GlobalValue::PrivateLinkage,
                                          llvm::ConstantArray::get(type, entries), name);
  global->setAlignment(llvm::Align(64));
  return global;
}

LlvmValue LlvmEmitter::lookup(std::span<const uint64_t> table, DType dtype, Value index) {
  llvm::Value* base = table_global(table, dtype);
  llvm::Type* entry = element_type(dtype);
  const llvm::Align align(static_cast<uint64_t>(size_of(dtype)));
  if (lanes_ == 1) return {ir_.CreateAlignedLoad(entry, ir_.CreateGEP(entry, base, index.value), align), dtype};
  if (target_.avx512 && size_of(dtype) >= 4)
    return {ir_.CreateMaskedGather(type(dtype), ir_.CreateGEP(entry, base, index.value), align), dtype};
  llvm::Value* result = llvm::PoisonValue::get(type(dtype));
  for (int lane = 0; lane < lanes_; ++lane) {
    llvm::Value* position = ir_.CreateExtractElement(index.value, static_cast<uint64_t>(lane));
    llvm::Value* loaded = ir_.CreateAlignedLoad(entry, ir_.CreateGEP(entry, base, position), align);
    result = ir_.CreateInsertElement(result, loaded, static_cast<uint64_t>(lane));
  }
  return {result, dtype};
}

llvm::BasicBlock* LlvmEmitter::block(const char* name) {
  return llvm::BasicBlock::Create(ir_.getContext(), name, ir_.GetInsertBlock()->getParent());
}

void LlvmEmitter::branch_rarely(llvm::Value* condition, llvm::BasicBlock* rare, llvm::BasicBlock* usual) {
  ir_.CreateCondBr(condition, rare, usual, llvm::MDBuilder(ir_.getContext()).createBranchWeights(1, 1000));
}

static_assert(Emitter<LlvmEmitter>);

}  // namespace fuseval::codegen

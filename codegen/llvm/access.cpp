#include "codegen/llvm/access.hpp"

namespace fuseval::codegen {
namespace {

const llvm::Align unaligned(1);

DType memory_dtype(DType dtype) { return is_bool(dtype) ? DType::uint8 : dtype; }

LlvmValue from_memory(LlvmEmitter& e, DType dtype, llvm::Value* loaded) {
  const LlvmValue raw{loaded, memory_dtype(dtype)};
  return is_bool(dtype) ? e.convert(raw, dtype) : raw;
}

// The pointers of all lanes. In groups of four, of which the addressing modes reach three from the first.
std::vector<llvm::Value*> lane_pointers(LlvmEmitter& e, const Place& place) {
  auto& ir = e.builder();
  const auto at = [&](llvm::Value* pointer, llvm::Value* offset) {
    return ir.CreateGEP(ir.getInt8Ty(), pointer, offset);
  };
  llvm::Value* triple = place.triple ? place.triple : ir.CreateMul(place.stride, ir.getInt64(3));
  std::vector<llvm::Value*> pointers;
  llvm::Value* group = place.pointer;
  for (int lane = 0; lane < e.lanes(); ++lane) {
    if (lane != 0 && lane % 4 == 0) group = at(group, ir.CreateShl(place.stride, 2));
    switch (lane % 4) {
      case 0:
        pointers.push_back(group);
        break;
      case 1:
        pointers.push_back(at(group, place.stride));
        break;
      case 2:
        pointers.push_back(at(group, ir.CreateShl(place.stride, 1)));
        break;
      case 3:
        pointers.push_back(at(group, triple));
        break;
    }
  }
  return pointers;
}

llvm::Value* load_lanes(LlvmEmitter& e, DType memory, const Place& place) {
  llvm::Value* result = llvm::PoisonValue::get(e.type(memory));
  const std::vector<llvm::Value*> pointers = lane_pointers(e, place);
  for (size_t lane = 0; lane < pointers.size(); ++lane) {
    llvm::Value* element = e.builder().CreateAlignedLoad(e.element_type(memory), pointers[lane], unaligned);
    result = e.builder().CreateInsertElement(result, element, lane);
  }
  return result;
}

void store_lanes(LlvmEmitter& e, llvm::Value* value, const Place& place) {
  const std::vector<llvm::Value*> pointers = lane_pointers(e, place);
  for (size_t lane = 0; lane < pointers.size(); ++lane)
    e.builder().CreateAlignedStore(e.builder().CreateExtractElement(value, lane), pointers[lane], unaligned);
}

llvm::Value* pointers_of(LlvmEmitter& e, const Place& place) {
  return e.builder().CreateGEP(e.builder().getInt8Ty(), place.pointer, lane_multiples(e, place.stride));
}

}  // namespace

bool can_mask(const Target& target, LayoutClass layout, DType dtype) {
  switch (layout) {
    case LayoutClass::contiguous:
      return target.avx512 || size_of(dtype) >= 4;
    case LayoutClass::strided:
      return target.avx512 && size_of(dtype) >= 4;
    case LayoutClass::invariant:
      return false;
  }
  return false;
}

LlvmValue load(LlvmEmitter& e, DType dtype, const Place& place, llvm::Value* mask) {
  auto& ir = e.builder();
  const DType memory = memory_dtype(dtype);
  llvm::Type* type = e.type(memory);
  if (e.lanes() > 1 && place.layout == LayoutClass::strided) {
    if (!mask) return from_memory(e, dtype, load_lanes(e, memory, place));
    llvm::Value* zero = llvm::Constant::getNullValue(type);
    return from_memory(e, dtype, ir.CreateMaskedGather(type, pointers_of(e, place), unaligned, mask, zero));
  }
  if (!mask) return from_memory(e, dtype, ir.CreateAlignedLoad(type, place.pointer, unaligned));
  llvm::Value* zero = llvm::Constant::getNullValue(type);
  return from_memory(e, dtype, ir.CreateMaskedLoad(type, place.pointer, unaligned, mask, zero));
}

void store(LlvmEmitter& e, LlvmValue value, const Place& place, llvm::Value* mask) {
  auto& ir = e.builder();
  const LlvmValue raw = is_bool(value.dtype) ? e.convert(value, DType::uint8) : value;
  if (e.lanes() > 1 && place.layout == LayoutClass::strided) {
    if (!mask) return store_lanes(e, raw.value, place);
    ir.CreateMaskedScatter(raw.value, pointers_of(e, place), unaligned, mask);
  } else if (mask) {
    ir.CreateMaskedStore(raw.value, place.pointer, unaligned, mask);
  } else {
    ir.CreateAlignedStore(raw.value, place.pointer, unaligned);
  }
}

void store_streaming(LlvmEmitter& e, LlvmValue value, llvm::Value* pointer) {
  auto& ir = e.builder();
  const LlvmValue raw = is_bool(value.dtype) ? e.convert(value, DType::uint8) : value;
  // Anything below full alignment would be split into scalar stores.
  const llvm::Align align(static_cast<uint64_t>(e.lanes() * size_of(raw.dtype)));
  llvm::StoreInst* store = ir.CreateAlignedStore(raw.value, pointer, align);
  llvm::Metadata* one = llvm::ConstantAsMetadata::get(ir.getInt32(1));
  store->setMetadata(llvm::LLVMContext::MD_nontemporal, llvm::MDNode::get(ir.getContext(), one));
}

llvm::Value* tail_mask(LlvmEmitter& e, llvm::Value* remaining) {
  auto& ir = e.builder();
  // Integers as wide as a lane of a full register: the comparison's result then has the mask's shape already.
  const unsigned bits = static_cast<unsigned>(e.target().vector_bits / e.lanes());
  llvm::Type* number = ir.getIntNTy(bits);
  std::vector<llvm::Constant*> lanes;
  for (int lane = 0; lane < e.lanes(); ++lane)
    lanes.push_back(llvm::ConstantInt::get(number, static_cast<uint64_t>(lane)));
  llvm::Value* limit = ir.CreateVectorSplat(static_cast<unsigned>(e.lanes()), ir.CreateTrunc(remaining, number));
  return ir.CreateICmpSLT(llvm::ConstantVector::get(lanes), limit);
}

llvm::Value* lane_multiples(LlvmEmitter& e, llvm::Value* step) {
  auto& ir = e.builder();
  std::vector<llvm::Constant*> lanes;
  for (int lane = 0; lane < e.lanes(); ++lane) lanes.push_back(ir.getInt64(static_cast<uint64_t>(lane)));
  return ir.CreateMul(llvm::ConstantVector::get(lanes), ir.CreateVectorSplat(static_cast<unsigned>(e.lanes()), step));
}

}  // namespace fuseval::codegen

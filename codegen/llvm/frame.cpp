#include "codegen/llvm/frame.hpp"

#include <cstddef>
#include <string>

namespace fuseval::codegen {
namespace {

llvm::Function* make_function(llvm::Module& module, const Target& target, const char* name,
                              std::initializer_list<Frame::Parameter> parameters) {
  llvm::LLVMContext& context = module.getContext();
  std::vector<llvm::Type*> types;
  for (const Frame::Parameter parameter : parameters)
    types.push_back(parameter == Frame::Parameter::pointer
                        ? static_cast<llvm::Type*>(llvm::PointerType::get(context, 0))
                        : llvm::Type::getInt64Ty(context));
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), types, false);
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module);
  // Without nounwind there would be unwind tables to link.
  function->addFnAttr(llvm::Attribute::NoUnwind);
  const std::string bits = std::to_string(target.vector_bits);
  function->addFnAttr("prefer-vector-width", bits);
  function->addFnAttr("min-legal-vector-width", bits);
  return function;
}

// The fields of KernelArguments that are arrays, in its order.
enum Field { pointers, strides, extents, constants, offsets };
constexpr size_t field_offsets[] = {offsetof(KernelArguments, pointers), offsetof(KernelArguments, strides),
                                    offsetof(KernelArguments, extents), offsetof(KernelArguments, constants),
                                    offsetof(KernelArguments, offsets)};
// Keys of loaded_: fields, then array parameters, then the field pointers themselves.
constexpr int parameter_keys = 8;
constexpr int field_keys = 16;

}  // namespace

Frame::Frame(llvm::Module& module, const Target& target_, const char* name, std::initializer_list<Parameter> parameters)
    : ir(module.getContext()),
      target(target_),
      function_(make_function(module, target_, name, parameters)),
      entry_(block("entry")),
      start_(block("start")),
      entry_ir_(entry_) {
  ir.SetInsertPoint(start_);
}

void Frame::finish() {
  ir.CreateRetVoid();
  entry_ir_.CreateBr(start_);
}

llvm::Value* Frame::parameter(int k) const { return function_->getArg(static_cast<unsigned>(k)); }

llvm::Value* Frame::entry_load(const std::pair<int, int64_t>& key, llvm::Value* base, int64_t bytes, llvm::Type* type) {
  const auto found = loaded_.find(key);
  if (found != loaded_.end()) return found->second;
  llvm::Value* place = bytes ? entry_ir_.CreateConstGEP1_64(ir.getInt8Ty(), base, static_cast<uint64_t>(bytes)) : base;
  return loaded_[key] = entry_ir_.CreateAlignedLoad(type, place, llvm::Align(type->isIntegerTy(8) ? 1 : 4));
}

llvm::Value* Frame::argument(int field, int64_t position, llvm::Type* type) {
  llvm::Value* array =
      entry_load({field_keys + field, 0}, parameter(0), static_cast<int64_t>(field_offsets[field]), ir.getPtrTy());
  return entry_load({field, position}, array, 8 * position, type);
}

llvm::Value* Frame::element(int parameter_index, int64_t position) {
  return entry_load({parameter_keys + parameter_index, position}, parameter(parameter_index), 8 * position,
                    ir.getInt64Ty());
}

llvm::Value* Frame::pointer(int operand) { return argument(pointers, operand, ir.getPtrTy()); }
llvm::Value* Frame::stride(int operand, int axis, int rank) {
  return argument(strides, static_cast<int64_t>(operand) * rank + axis, ir.getInt64Ty());
}
llvm::Value* Frame::offset(int operand) { return argument(offsets, operand, ir.getInt64Ty()); }
llvm::Value* Frame::extent(int axis) { return argument(extents, axis, ir.getInt64Ty()); }

llvm::Value* Frame::constant(int position, DType dtype) {
  // Little-endian: the value is the low bytes.
  LlvmEmitter scalar(entry_ir_, target, 1);
  if (!is_bool(dtype)) return argument(constants, position, scalar.type(dtype));
  const auto key = std::pair<int, int64_t>(field_keys + parameter_keys, position);
  if (const auto found = loaded_.find(key); found != loaded_.end()) return found->second;
  llvm::Value* bits = argument(constants, position, ir.getInt8Ty());
  return loaded_[key] = entry_ir_.CreateICmpNE(bits, ir.getInt8(0));
}

llvm::Value* Frame::smaller(llvm::Value* a, llvm::Value* b) {
  return ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b);
}

llvm::BasicBlock* Frame::block(const char* name) {
  llvm::BasicBlock* here = ir.GetInsertBlock();  // may be in a function that this one calls
  return llvm::BasicBlock::Create(function_->getContext(), name, here != nullptr ? here->getParent() : function_);
}

llvm::Value* Frame::variable(llvm::Type* type, const char* name) { return entry_ir_.CreateAlloca(type, nullptr, name); }

bool Frame::is_single(llvm::Value* begin, llvm::Value* end, int64_t step) {
  const auto* from = llvm::dyn_cast<llvm::ConstantInt>(begin);
  const auto* to = llvm::dyn_cast<llvm::ConstantInt>(end);
  if (!from || !to) return false;
  const int64_t length = to->getSExtValue() - from->getSExtValue();
  return length > 0 && length <= step;
}

Frame::LoopBlocks Frame::open(Trips trips, llvm::Value* begin, llvm::Value* end,
                              const std::vector<llvm::Value*>& first) {
  LoopBlocks blocks{ir.GetInsertBlock(), block("loop"), block("after"), nullptr, {}};
  if (trips == Trips::some)
    ir.CreateBr(blocks.inside);
  else
    ir.CreateCondBr(ir.CreateICmpSLT(begin, end), blocks.inside, blocks.after);
  ir.SetInsertPoint(blocks.inside);
  blocks.index = ir.CreatePHI(begin->getType(), 2, "i");
  blocks.index->addIncoming(begin, blocks.before);
  for (llvm::Value* value : first) {
    blocks.phis.push_back(ir.CreatePHI(value->getType(), 2));
    blocks.phis.back()->addIncoming(value, blocks.before);
  }
  return blocks;
}

std::vector<llvm::Value*> Frame::close(Trips trips, LoopBlocks& blocks, int64_t step, llvm::Value* end,
                                       const std::vector<llvm::Value*>& first, const std::vector<llvm::Value*>& next) {
  llvm::BasicBlock* latch = ir.GetInsertBlock();
  llvm::Value* index = ir.CreateAdd(blocks.index, number(step));
  blocks.index->addIncoming(index, latch);
  for (size_t k = 0; k < next.size(); ++k) blocks.phis[k]->addIncoming(next[k], latch);
  ir.CreateCondBr(ir.CreateICmpSLT(index, end), blocks.inside, blocks.after);
  ir.SetInsertPoint(blocks.after);
  if (trips == Trips::some) return next;
  std::vector<llvm::Value*> last;
  for (size_t k = 0; k < next.size(); ++k) {
    llvm::PHINode* phi = ir.CreatePHI(next[k]->getType(), 2);
    phi->addIncoming(first[k], blocks.before);
    phi->addIncoming(next[k], latch);
    last.push_back(phi);
  }
  return last;
}

}  // namespace fuseval::codegen

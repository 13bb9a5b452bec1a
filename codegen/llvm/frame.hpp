// A kernel's function while it is being written: its parameters, what the arguments hold, and loops.
//
// Everything that KernelArguments points to is loaded in the entry block, once and only if used: later stores could
// alias it, so LLVM would not move such a load out of a loop by itself.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "codegen/llvm/emitter.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

class Frame {
 public:
  enum class Parameter { pointer, integer };

  Frame(llvm::Module& module, const Target& target, const char* name, std::initializer_list<Parameter> parameters);
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  /// Ends the function: connects the entry block and returns.
  void finish();

  llvm::IRBuilder<> ir;
  const Target& target;

  llvm::Value* parameter(int k) const;
  LlvmEmitter emitter(int lanes) { return {ir, target, lanes}; }

  // Of a kernel whose first three parameters are (KernelArguments*, lower, upper).
  llvm::Value* pointer(int operand);
  llvm::Value* stride(int operand, int axis, int rank);
  llvm::Value* offset(int operand);
  llvm::Value* extent(int axis);
  llvm::Value* constant(int position, DType dtype);
  llvm::Value* lower(int axis) { return element(1, axis); }
  llvm::Value* upper(int axis) { return element(2, axis); }

  llvm::Value* number(int64_t value) { return ir.getInt64(static_cast<uint64_t>(value)); }
  llvm::Value* advance(llvm::Value* pointer, llvm::Value* bytes) {
    return ir.CreateGEP(ir.getInt8Ty(), pointer, bytes);
  }
  llvm::Value* advance(llvm::Value* pointer, int64_t bytes) {
    return bytes ? advance(pointer, number(bytes)) : pointer;
  }
  llvm::Value* smaller(llvm::Value* a, llvm::Value* b);
  llvm::BasicBlock* block(const char* name);

  /// What is known of a loop's iterations before it runs.
  enum class Trips { any, some };

  /// for (i = begin; i < end; i += step) body(i), with signed comparison.
  template <class Body>
  void loop(Trips trips, llvm::Value* begin, llvm::Value* end, int64_t step, Body&& body) {
    carry(trips, begin, end, step, {}, [&](llvm::Value* i, const std::vector<llvm::Value*>&) {
      body(i);
      return std::vector<llvm::Value*>{};
    });
  }
  /// The same with values that go from one iteration to the next: body returns the next ones. Returns the last ones.
  template <class Body>
  std::vector<llvm::Value*> carry(Trips trips, llvm::Value* begin, llvm::Value* end, int64_t step,
                                  const std::vector<llvm::Value*>& first, Body&& body) {
    if (is_single(begin, end, step)) return body(begin, first);
    LoopBlocks blocks = open(trips, begin, end, first);
    std::vector<llvm::Value*> state(blocks.phis.begin(), blocks.phis.end());
    const std::vector<llvm::Value*> next = body(static_cast<llvm::Value*>(blocks.index), state);
    return close(trips, blocks, step, end, first, next);
  }
  /// while (condition()) body(), where both communicate through memory.
  template <class Condition, class Body>
  void loop_while(Condition&& condition, Body&& body) {
    llvm::BasicBlock *header = block("while"), *inside = block("do"), *after = block("after");
    ir.CreateBr(header);
    ir.SetInsertPoint(header);
    llvm::Value* goes_on = condition();
    ir.CreateCondBr(goes_on, inside, after);
    ir.SetInsertPoint(inside);
    body();
    ir.CreateBr(header);
    ir.SetInsertPoint(after);
  }
  template <class Body>
  void when(llvm::Value* condition, Body&& body) {
    if (auto* constant = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
      if (constant->isOne()) body();
      return;
    }
    llvm::BasicBlock *inside = block("then"), *after = block("after");
    ir.CreateCondBr(condition, inside, after);
    ir.SetInsertPoint(inside);
    body();
    ir.CreateBr(after);
    ir.SetInsertPoint(after);
  }
  /// A variable on the stack, for what a structured loop cannot carry.
  llvm::Value* variable(llvm::Type* type, const char* name);

 private:
  struct LoopBlocks {
    llvm::BasicBlock *before, *inside, *after;
    llvm::PHINode* index;
    std::vector<llvm::PHINode*> phis;
  };
  static bool is_single(llvm::Value* begin, llvm::Value* end, int64_t step);
  LoopBlocks open(Trips trips, llvm::Value* begin, llvm::Value* end, const std::vector<llvm::Value*>& first);
  std::vector<llvm::Value*> close(Trips trips, LoopBlocks& blocks, int64_t step, llvm::Value* end,
                                  const std::vector<llvm::Value*>& first, const std::vector<llvm::Value*>& next);

  /// Loads once, in the entry block: element `position` of the array that field `field` of KernelArguments points to.
  llvm::Value* argument(int field, int64_t position, llvm::Type* type);
  /// The same for an int64 array parameter.
  llvm::Value* element(int parameter, int64_t position);
  llvm::Value* entry_load(const std::pair<int, int64_t>& key, llvm::Value* base, int64_t bytes, llvm::Type* type);

  llvm::Function* function_;
  llvm::BasicBlock* entry_;
  llvm::BasicBlock* start_;
  llvm::IRBuilder<> entry_ir_;
  std::map<std::pair<int, int64_t>, llvm::Value*> loaded_;
};

}  // namespace fuseval::codegen

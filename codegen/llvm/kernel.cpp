#include "codegen/llvm/kernel.hpp"

#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/llvm/link.hpp"
#include "codegen/llvm/machine.hpp"
#include "codegen/llvm/module.hpp"

namespace fuseval::codegen {
namespace {

class LinkedKernel : public Kernel {
 public:
  LinkedCode code;
};

// A context a kernel: LLVM keeps every type and constant that it ever made in its context.
struct Compilation {
  Compilation(const LoopNest& nest, const TargetOptions& options)
      : machine(Machine::of_thread(options)), module("fuseval", context) {
    module.setTargetTriple(x86_triple());
    module.setDataLayout(machine.data_layout());
    if (nest.is_reduction())
      facts = emit_reduction(module, nest, machine.target());
    else
      emit_elementwise(module, nest, machine.target(), options.streaming_stores);
  }

  Machine& machine;
  llvm::LLVMContext context;
  llvm::Module module;
  ReductionFacts facts;
};

}  // namespace

std::shared_ptr<const Kernel> compile(const LoopNest& nest, const TargetOptions& options) {
  Compilation compilation(nest, options);
  compilation.machine.require_runnable();
  auto kernel = std::make_shared<LinkedKernel>();
  kernel->code.link(compilation.machine.object(compilation.module));
  kernel->elementwise = reinterpret_cast<ElementwiseFunction>(kernel->code.address("elementwise"));
  kernel->reduce = reinterpret_cast<ReduceFunction>(kernel->code.address("reduce"));
  kernel->combine = reinterpret_cast<CombineFunction>(kernel->code.address("combine"));
  kernel->finish = reinterpret_cast<FinishFunction>(kernel->code.address("finish"));
  kernel->state_bytes = compilation.facts.state_bytes;
  kernel->scratch_bytes = compilation.facts.scratch_bytes;
  kernel->block = compilation.facts.block;
  kernel->code_bytes = kernel->code.bytes();
  return kernel;
}

std::string llvm_ir(const LoopNest& nest, const TargetOptions& options) {
  const Compilation compilation(nest, options);
  std::string text;
  llvm::raw_string_ostream stream(text);
  compilation.module.print(stream, nullptr);
  return text;
}

std::string assembly(const LoopNest& nest, const TargetOptions& options) {
  Compilation compilation(nest, options);
  return compilation.machine.assembly(compilation.module);
}

void warm_up() {
  LoopNest nest;
  nest.axes = {{1, AxisKind::parallel}};
  nest.operands = {{OperandKind::load, DType::float64, 0, 0, {8}, false},
                   {OperandKind::store, DType::float64, 1, 0, {8}, false}};
  nest.body = {{InstructionKind::load, Op::add, DType::float64, {no_value, no_value, no_value}, 0},
               {InstructionKind::scalar, Op::add, DType::float64, {0, 0, no_value}, 0},
               {InstructionKind::store, Op::add, DType::float64, {1, no_value, no_value}, 1}};
  compile(nest);
}

}  // namespace fuseval::codegen

#include "codegen/llvm/kernel.hpp"

#include <llvm/IR/Module.h>
#include <llvm/Support/raw_ostream.h>

#include "codegen/llvm/link.hpp"
#include "codegen/llvm/machine.hpp"
#include "codegen/llvm/module.hpp"
#include "codegen/llvm/set_up.hpp"

namespace fuseval::codegen {
namespace {

class LinkedKernel : public Kernel {
 public:
  LinkedCode code;
};

// A context a kernel: LLVM keeps every type and constant that it ever made in its context.
struct Compilation {
  explicit Compilation(const TargetOptions& target_options) : options(target_options) {}
  ~Compilation() {
    module.reset();  // before another thread uses the machine, whose passes know of the module
    context.reset();
    give_back(options, std::move(machine));
  }

  void emit(const LoopNest& nest) {
    module->setTargetTriple(x86_triple());
    module->setDataLayout(machine->data_layout());
    if (nest.is_reduction())
      facts = emit_reduction(*module, nest, machine->target());
    else
      emit_elementwise(*module, nest, machine->target(), options.streaming_stores);
  }

  const TargetOptions options;
  std::unique_ptr<Machine> machine = take_machine(options);
  std::unique_ptr<llvm::LLVMContext> context = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> module = std::make_unique<llvm::Module>("fuseval", *context);
  ReductionFacts facts;
};

/// f(compilation). Where LLVM breaks off in the middle (no memory, or a failure of its own), everything that it has in
/// hand is abandoned, and takes its memory along: to destroy what is half done would be to crash.
template <class F>
auto compiled_once_set_up(const LoopNest& nest, const TargetOptions& options, F&& f) {
  auto compilation = std::make_unique<Compilation>(options);
  try {
    compilation->emit(nest);
    return f(*compilation);
  } catch (const BackendFailure&) {
    compilation.release();
    throw;
  } catch (const Error&) {  // thrown between two calls of LLVM
    throw;
  } catch (...) {
    compilation.release();
    throw;
  }
}

LoopNest sample() {
  LoopNest nest;
  nest.axes = {{1, AxisKind::parallel}};
  nest.operands = {{OperandKind::load, DType::float64, 0, 0, {8}, false},
                   {OperandKind::store, DType::float64, 1, 0, {8}, false}};
  nest.body = {{InstructionKind::load, Op::add, DType::float64, {no_value, no_value, no_value}, 0},
               {InstructionKind::scalar, Op::add, DType::float64, {0, 0, no_value}, 0},
               {InstructionKind::store, Op::add, DType::float64, {1, no_value, no_value}, 1}};
  return nest;
}

void compile_sample() {
  compiled_once_set_up(sample(), {}, [](Compilation& made) { return made.machine->object(*made.module).size(); });
}

template <class F>
auto compiled(const LoopNest& nest, const TargetOptions& options, F&& f) {
  static constinit SetUp set_up(compile_sample);
  return set_up.compile([&] { return compiled_once_set_up(nest, options, f); });
}

}  // namespace

std::shared_ptr<const Kernel> compile(const LoopNest& nest, const TargetOptions& options) {
  return compiled(nest, options, [](Compilation& compilation) {
    compilation.machine->require_runnable();
    auto kernel = std::make_shared<LinkedKernel>();
    kernel->code.link(compilation.machine->object(*compilation.module));
    kernel->elementwise = reinterpret_cast<ElementwiseFunction>(kernel->code.address("elementwise"));
    kernel->reduce = reinterpret_cast<ReduceFunction>(kernel->code.address("reduce"));
    kernel->combine = reinterpret_cast<CombineFunction>(kernel->code.address("combine"));
    kernel->finish = reinterpret_cast<FinishFunction>(kernel->code.address("finish"));
    kernel->state_bytes = compilation.facts.state_bytes;
    kernel->scratch_bytes = compilation.facts.scratch_bytes;
    kernel->block = compilation.facts.block;
    kernel->code_bytes = kernel->code.bytes();
    return std::shared_ptr<const Kernel>(std::move(kernel));
  });
}

std::string llvm_ir(const LoopNest& nest, const TargetOptions& options) {
  return compiled(nest, options, [](const Compilation& compilation) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    compilation.module->print(stream, nullptr);
    return text;
  });
}

std::string assembly(const LoopNest& nest, const TargetOptions& options) {
  return compiled(nest, options,
                  [](Compilation& compilation) { return compilation.machine->assembly(*compilation.module); });
}

void warm_up() { compile(sample()); }

}  // namespace fuseval::codegen

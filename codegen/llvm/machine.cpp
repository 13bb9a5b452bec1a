#include "codegen/llvm/machine.hpp"

#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/CodeGen/CodeGenTargetMachineImpl.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <new>
#include <vector>

namespace fuseval::codegen {
namespace {

// LLVM is compiled without exceptions, and ends the process when it cannot go on. This exception passes through its
// frames, which x86-64's unwind tables allow, and runs none of its destructors: compile() abandons what is half done.
void throw_bad_alloc(void*, const char*, bool) { throw std::bad_alloc(); }
void throw_failure(void*, const char* reason, bool) {
  throw BackendFailure(ErrorCode::internal, std::string("LLVM: ") + reason);
}

const llvm::Target* register_x86() {
  llvm::install_bad_alloc_error_handler(throw_bad_alloc);
  llvm::install_fatal_error_handler(throw_failure);
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  std::string message;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(x86_triple(), message);
  if (!target) throw Error(ErrorCode::internal, "LLVM: " + message);
  return target;
}

// Machine passes that change nothing measurable in a kernel's speed: its code is a few short loops over vectors,
// already unrolled, hoisted and free of calls, debug information and anything else that they look for. Leaving them out
// makes the work behind instruction selection 2.7 times smaller.
std::vector<llvm::AnalysisID> needless_passes() {
  return {&llvm::EarlyTailDuplicateLegacyID,
          &llvm::OptimizePHIsLegacyID,
          &llvm::StackColoringLegacyID,
          &llvm::LocalStackSlotAllocationID,
          &llvm::EarlyIfConverterLegacyID,
          &llvm::MachineCombinerID,
          &llvm::EarlyMachineLICMID,
          &llvm::MachineCSELegacyID,
          &llvm::MachineSinkingLegacyID,
          &llvm::LiveRangeShrinkID,
          &llvm::DetectDeadLanesID,
          &llvm::RenameIndependentSubregsID,
          &llvm::MachineSchedulerID,
          &llvm::StackSlotColoringID,
          &llvm::MachineCopyPropagationID,
          &llvm::MachineLICMID,
          &llvm::PostRAMachineSinkingID,
          &llvm::ShrinkWrapID,
          &llvm::MachineLateInstrsCleanupID,
          &llvm::TailDuplicateLegacyID,
          &llvm::PostRASchedulerID,
          &llvm::FuncletLayoutID,
          &llvm::FixupStatepointCallerSavedID,
          &llvm::StackMapLivenessID,
          &llvm::RemoveRedundantDebugValuesID,
          &llvm::LiveDebugValuesID,
          &llvm::StackFrameLayoutAnalysisPassID,
          &llvm::FEntryInserterID,
          &llvm::XRayInstrumentationID,
          &llvm::PatchableFunctionID};
}

llvm::TargetOptions machine_options() {
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return options;
}

// Idle machines. Whoever calls is in a section that no fork() cuts in two (engine/base/with_llvm.hpp).
struct Shelf {
  struct Entry {
    std::string cpu;
    int vector_bits;
    std::unique_ptr<Machine> machine;
    bool serves(const TargetOptions& options) const { return cpu == options.cpu && vector_bits == options.vector_bits; }
  };
  std::mutex mutex;
  std::vector<Entry> idle;
};

Shelf& shelf() {
  static Shelf& all = *new Shelf;
  return all;
}

}  // namespace

const llvm::Triple& x86_triple() {
  static const llvm::Triple& triple = *new llvm::Triple("x86_64-unknown-linux-gnu");
  return triple;
}

std::unique_ptr<Machine> take_machine(const TargetOptions& options) {
  {
    const std::lock_guard lock(shelf().mutex);
    std::vector<Shelf::Entry>& idle = shelf().idle;
    const auto known = std::find_if(idle.rbegin(), idle.rend(), [&](auto& entry) { return entry.serves(options); });
    if (known != idle.rend()) {
      std::unique_ptr<Machine> machine = std::move(known->machine);
      idle.erase(std::next(known).base());
      return machine;
    }
  }
  return Machine::make(resolve(options));
}

void give_back(const TargetOptions& options, std::unique_ptr<Machine> machine) noexcept {
  try {
    const std::lock_guard lock(shelf().mutex);
    shelf().idle.push_back({options.cpu, options.vector_bits, std::move(machine)});
  } catch (const std::bad_alloc&) {  // then the next compile sets up another
  }
}

const llvm::Target& x86_target() {
  static const llvm::Target* target = register_x86();
  return *target;
}

Machine::Machine(Target target) : target_(std::move(target)) {
  machine_.reset(x86_target().createTargetMachine(x86_triple(), target_.cpu, target_.features, machine_options(),
                                                  llvm::Reloc::PIC_, llvm::CodeModel::Small,
                                                  llvm::CodeGenOptLevel::Default, true));
}

std::unique_ptr<Machine> Machine::make(Target target) {
  std::unique_ptr<Machine> machine(new Machine(std::move(target)));
  try {
    machine->add_passes(machine->passes_, machine->stream_, llvm::CodeGenFileType::ObjectFile);
    return machine;
  } catch (...) {
    machine.release();
    throw;
  }
}

// Asking the processor takes longer than compiling a kernel: once a machine.
void Machine::require_runnable() {
  if (!runnable_) codegen::require_runnable(target_);
  runnable_ = true;
}

// LLVM's own pipeline (addPassesToEmitFile) without the passes on IR: loops are written the way that they should run,
// and loop strength reduction alone takes a fifth of a compile. What remains is instruction selection, register
// allocation and printing.
void Machine::add_passes(llvm::legacy::PassManager& passes, llvm::raw_pwrite_stream& out, llvm::CodeGenFileType type) {
  auto& machine = static_cast<llvm::CodeGenTargetMachineImpl&>(*machine_);
  auto* module_info = new llvm::MachineModuleInfoWrapperPass(&machine);
  llvm::TargetPassConfig* config = machine.createPassConfig(passes);
  config->setDisableVerify(true);
  for (const llvm::AnalysisID pass : needless_passes()) config->disablePass(pass);
  passes.add(config);
  passes.add(module_info);
  passes.add(llvm::createTargetTransformInfoWrapperPass(machine.getTargetIRAnalysis()));
  // addCoreISelPasses is protected: for targets, which build their pipelines from it, as this does.
  struct Access : llvm::TargetPassConfig {
    static bool add(llvm::TargetPassConfig& config) { return (config.*&Access::addCoreISelPasses)(); }
  };
  const bool failed = Access::add(*config);
  config->addMachinePasses();
  config->setInitialized();
  if (failed || machine.addAsmPrinter(passes, out, nullptr, type, module_info->getMMI().getContext()))
    throw Error(ErrorCode::internal, "LLVM: the X86 backend emits no object files");
  passes.add(llvm::createFreeMachineFunctionPass());
}

std::string_view Machine::object(llvm::Module& module) {
  buffer_.clear();
  passes_.run(module);
  return {buffer_.data(), buffer_.size()};
}

std::string Machine::assembly(llvm::Module& module) {
  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  add_passes(passes, stream, llvm::CodeGenFileType::AssemblyFile);
  passes.run(module);
  return {text.data(), text.size()};
}

}  // namespace fuseval::codegen

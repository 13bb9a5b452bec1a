#include "codegen/llvm/machine.hpp"

#include <llvm/Analysis/TargetTransformInfo.h>
#include <llvm/CodeGen/CodeGenTargetMachineImpl.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>

#include <vector>

#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

const llvm::Target* register_x86() {
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

}  // namespace

const llvm::Triple& x86_triple() {
  static const llvm::Triple triple("x86_64-unknown-linux-gnu");
  return triple;
}

const llvm::Target& x86_target() {
  static const llvm::Target* target = register_x86();
  return *target;
}

Machine::Machine(Target target) : target_(std::move(target)) {
  machine_.reset(x86_target().createTargetMachine(x86_triple(), target_.cpu, target_.features, machine_options(),
                                                  llvm::Reloc::PIC_, llvm::CodeModel::Small,
                                                  llvm::CodeGenOptLevel::Default, true));
  add_passes(passes_, stream_, llvm::CodeGenFileType::ObjectFile);
}

// A pass manager is not thread-safe, so each thread has its own; a process meets few distinct targets.
Machine& Machine::of_thread(const TargetOptions& options) {
  struct Entry {
    std::string cpu;
    int vector_bits;
    std::unique_ptr<Machine> machine;
  };
  thread_local std::vector<Entry> entries;
  for (Entry& entry : entries)
    if (entry.cpu == options.cpu && entry.vector_bits == options.vector_bits) return *entry.machine;
  entries.push_back({options.cpu, options.vector_bits, std::make_unique<Machine>(resolve(options))});
  return *entries.back().machine;
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

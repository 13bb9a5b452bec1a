#include "codegen/llvm/machine.hpp"

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

void Machine::add_passes(llvm::legacy::PassManager& passes, llvm::raw_pwrite_stream& out, llvm::CodeGenFileType type) {
  if (machine_->addPassesToEmitFile(passes, out, nullptr, type, true))
    throw Error(ErrorCode::internal, "LLVM: the X86 backend emits no object files");
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

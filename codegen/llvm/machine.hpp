// LLVM's code generator, set up once and used for many modules: making a TargetMachine and a pass manager costs 0.4 ms,
// about half of what a small kernel takes to compile.
#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>

#include <memory>
#include <string>
#include <string_view>

#include "codegen/llvm/target.hpp"
#include "ir/error.hpp"

namespace fuseval::codegen {

const llvm::Triple& x86_triple();
/// Registers LLVM's X86 backend on first use.
const llvm::Target& x86_target();

/// LLVM's report_fatal_error, as an exception out of the middle of its code.
class BackendFailure : public Error {
  using Error::Error;
};

class Machine {
 public:
  /// An exception leaves LLVM's half behind, as BackendFailure does.
  static std::unique_ptr<Machine> make(Target target);

  const Target& target() const { return target_; }
  /// Throws Error(unsupported) if this machine cannot run the code.
  void require_runnable();
  llvm::DataLayout data_layout() const { return machine_->createDataLayout(); }
  /// An ELF object, valid until the next call. Consumes the module's IR.
  std::string_view object(llvm::Module& module);
  std::string assembly(llvm::Module& module);

 private:
  explicit Machine(Target target);
  void add_passes(llvm::legacy::PassManager& passes, llvm::raw_pwrite_stream& out, llvm::CodeGenFileType type);

  Target target_;
  bool runnable_ = false;
  std::unique_ptr<llvm::TargetMachine> machine_;
  llvm::SmallVector<char, 0> buffer_;
  llvm::raw_svector_ostream stream_{buffer_};
  llvm::legacy::PassManager passes_;
};

/// An idle machine for these options (streaming_stores does not matter here), or a new one. Not a thread's own: such a
/// machine would be destroyed before other things of the thread, whose destructors may compile, and each thread would
/// set up another.
std::unique_ptr<Machine> take_machine(const TargetOptions& options);
/// Makes it idle. Not after an exception out of its passes.
void give_back(const TargetOptions& options, std::unique_ptr<Machine> machine) noexcept;

}  // namespace fuseval::codegen

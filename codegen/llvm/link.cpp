#include "codegen/llvm/link.hpp"

#include <fmt/format.h>
#include <llvm/ExecutionEngine/JITLink/ELF_x86_64.h>
#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>
#include <llvm/ExecutionEngine/Orc/SymbolStringPool.h>

#include <cstring>
#include <optional>
#include <string>

#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

namespace jitlink = llvm::jitlink;

// Deallocation needs the manager that allocated, so it lives as long as the process; it is locked inside.
jitlink::InProcessMemoryManager& memory_manager() {
  static auto* manager = new jitlink::InProcessMemoryManager(4096);
  return *manager;
}

}  // namespace

class LinkContext : public jitlink::JITLinkContext {
 public:
  LinkContext(LinkedCode& code, std::optional<fuseval::Error>& failure)
      : JITLinkContext(nullptr), code_(code), failure_(failure) {}

  jitlink::JITLinkMemoryManager& getMemoryManager() override { return memory_manager(); }

  void notifyFailed(llvm::Error error) override {
    failure_.emplace(ErrorCode::internal, "JITLink: " + llvm::toString(std::move(error)));
  }

  // Kernels call nothing: a symbol here means that LLVM turned an operation into a library call, whose bits we do not
  // control.
  void lookup(const LookupMap& symbols, std::unique_ptr<jitlink::JITLinkAsyncLookupContinuation> next) override {
    std::string names;
    for (const auto& symbol : symbols) names += fmt::format(" {}", (*symbol.first).str());
    next->run(llvm::createStringError("a kernel refers to" + names));
  }

  llvm::Error notifyResolved(jitlink::LinkGraph& graph) override {
    for (jitlink::Block* block : graph.blocks()) code_.bytes_ += static_cast<int64_t>(block->getSize());
    for (jitlink::Symbol* symbol : graph.defined_symbols()) {
      if (!symbol->hasName() || symbol->getScope() == jitlink::Scope::Local || !symbol->isCallable()) continue;
      LinkedCode::Symbol& entry = code_.symbols_[code_.symbol_count_++];
      std::strncpy(entry.name, (*symbol->getName()).str().c_str(), sizeof(entry.name) - 1);
      entry.address = symbol->getAddress().toPtr<void*>();
      if (code_.symbol_count_ == LinkedCode::max_symbols) break;
    }
    return llvm::Error::success();
  }

  void notifyFinalized(jitlink::JITLinkMemoryManager::FinalizedAlloc allocation) override {
    code_.allocation_ = allocation.release().toPtr<void*>();
  }

 private:
  LinkedCode& code_;
  std::optional<fuseval::Error>& failure_;
};

LinkedCode::~LinkedCode() {
  if (!allocation_) return;
  using Allocation = jitlink::JITLinkMemoryManager::FinalizedAlloc;
  llvm::consumeError(memory_manager().deallocate(Allocation(llvm::orc::ExecutorAddr::fromPtr(allocation_))));
}

void LinkedCode::link(std::string_view object) {
  const llvm::MemoryBufferRef buffer(llvm::StringRef(object.data(), object.size()), "kernel");
  auto graph = jitlink::createLinkGraphFromELFObject_x86_64(buffer, std::make_shared<llvm::orc::SymbolStringPool>());
  if (!graph) throw fuseval::Error(ErrorCode::internal, "JITLink: " + llvm::toString(graph.takeError()));
  std::optional<fuseval::Error> failure;
  jitlink::link_ELF_x86_64(std::move(*graph), std::make_unique<LinkContext>(*this, failure));
  if (failure) throw *failure;
}

void* LinkedCode::address(std::string_view symbol) const {
  for (int k = 0; k < symbol_count_; ++k)
    if (symbol == symbols_[k].name) return symbols_[k].address;
  return nullptr;
}

}  // namespace fuseval::codegen

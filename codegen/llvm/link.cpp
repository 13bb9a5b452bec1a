#include "codegen/llvm/link.hpp"

#include <fmt/format.h>
#include <llvm/ExecutionEngine/JITLink/ELF_x86_64.h>
#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>
#include <llvm/ExecutionEngine/Orc/SymbolStringPool.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

namespace jitlink = llvm::jitlink;

int protection_of(llvm::orc::MemProt given) {
  using llvm::orc::MemProt;
  const auto has = [&](MemProt one) { return (static_cast<unsigned>(given) & static_cast<unsigned>(one)) != 0; };
  return (has(MemProt::Read) ? PROT_READ : 0) | (has(MemProt::Write) ? PROT_WRITE : 0) |
         (has(MemProt::Exec) ? PROT_EXEC : 0);
}

using Failure = std::optional<fuseval::Error>;

/// Runs f, whose exceptions must not pass through LLVM's frames.
template <class F>
llvm::Error kept_in(Failure& failure, F&& f) {
  try {
    f();
    return llvm::Error::success();
  } catch (const fuseval::Error& error) {
    failure = error;
    return llvm::createStringError(error.message());
  }
}

/// Lays a graph out in a block. JITLink's own manager keeps a list of all blocks under a lock, which a thread that ran
/// out of memory, or that is not there in a forked child, would hold for ever.
class BlockManager : public jitlink::JITLinkMemoryManager {
 public:
  BlockManager(CodeBlock& block, Failure& failure) : block_(block), failure_(failure) {}

  void allocate(const jitlink::JITLinkDylib*, jitlink::LinkGraph& graph, OnAllocatedFunction then) override {
    const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    jitlink::BasicLayout layout(graph);
    auto sizes = layout.getContiguousPageBasedLayoutSizes(page);
    if (!sizes) return then(sizes.takeError());
    if (auto error = kept_in(failure_, [&] { block_.map(sizes->total()); })) return then(std::move(error));
    std::vector<CodeBlock::Part> parts;
    char* next = block_.data();
    for (auto& [group, segment] : layout.segments()) {
      const size_t bytes = llvm::alignTo(segment.ContentSize + segment.ZeroFillSize, page);
      segment.WorkingMem = next;
      segment.Addr = llvm::orc::ExecutorAddr::fromPtr(next);
      parts.push_back({next, bytes, protection_of(group.getMemProt())});
      next += bytes;
    }
    if (auto error = layout.apply()) return then(std::move(error));
    then(std::make_unique<Written>(block_, failure_, std::move(parts)));
  }
  void deallocate(std::vector<FinalizedAlloc>, OnDeallocatedFunction then) override { then(llvm::Error::success()); }

 private:
  /// Pages that wait for their contents.
  class Written : public InFlightAlloc {
   public:
    Written(CodeBlock& block, Failure& failure, std::vector<CodeBlock::Part> parts)
        : block_(block), failure_(failure), parts_(std::move(parts)) {}
    void finalize(OnFinalizedFunction then) override {
      if (auto error = kept_in(failure_, [&] { block_.protect(parts_); })) return then(std::move(error));
      then(FinalizedAlloc(llvm::orc::ExecutorAddr::fromPtr(block_.data())));
    }
    void abandon(OnAbandonedFunction then) override { then(llvm::Error::success()); }

   private:
    CodeBlock& block_;
    Failure& failure_;
    std::vector<CodeBlock::Part> parts_;
  };

  CodeBlock& block_;
  Failure& failure_;
};

}  // namespace

class LinkContext : public jitlink::JITLinkContext {
 public:
  LinkContext(LinkedCode& code, Failure& failure)
      : JITLinkContext(nullptr), code_(code), failure_(failure), manager_(code.block_, failure) {}

  jitlink::JITLinkMemoryManager& getMemoryManager() override { return manager_; }

  void notifyFailed(llvm::Error error) override {
    const std::string message = "JITLink: " + llvm::toString(std::move(error));
    if (!failure_) failure_.emplace(ErrorCode::internal, message);
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
    allocation.release();  // the block is freed with the code
  }

 private:
  LinkedCode& code_;
  Failure& failure_;
  BlockManager manager_;
};

void LinkedCode::link(std::string_view object) {
  const llvm::MemoryBufferRef buffer(llvm::StringRef(object.data(), object.size()), "kernel");
  auto graph = jitlink::createLinkGraphFromELFObject_x86_64(buffer, std::make_shared<llvm::orc::SymbolStringPool>());
  if (!graph) throw fuseval::Error(ErrorCode::internal, "JITLink: " + llvm::toString(graph.takeError()));
  Failure failure;
  jitlink::link_ELF_x86_64(std::move(*graph), std::make_unique<LinkContext>(*this, failure));
  if (failure) throw *failure;
}

void* LinkedCode::address(std::string_view symbol) const {
  for (int k = 0; k < symbol_count_; ++k)
    if (symbol == symbols_[k].name) return symbols_[k].address;
  return nullptr;
}

}  // namespace fuseval::codegen

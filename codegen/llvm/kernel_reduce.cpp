#include "codegen/llvm/module.hpp"
#include "ir/error.hpp"

namespace fuseval::codegen {

ReductionFacts emit_reduction(llvm::Module&, const LoopNest&, const Target&) {
  throw Error(ErrorCode::unsupported, "reductions are not compiled yet");
}

}  // namespace fuseval::codegen

// In place of codegen/cuda in a build with FUSEVAL_CUDA=OFF. No device can be opened there, so these are reached by
// those who ask for a text alone (explain's stage cuda).
#include "codegen/cuda/kernel.hpp"

#include "ir/error.hpp"

namespace fuseval::codegen {
namespace {

[[noreturn]] void refuse() {
  throw Error(ErrorCode::unsupported, "this fuseval is built without CUDA and its simulator (FUSEVAL_CUDA=OFF)");
}

}  // namespace

std::string serialise(const CudaVariant&) { refuse(); }
CudaVariant cuda_variant(const LoopNest&, const KernelArguments&) { refuse(); }
CudaKernel cuda_kernel(const LoopNest&, const CudaOptions&) { refuse(); }
bool cuda_can_chain(const CudaChain&) { refuse(); }
CudaKernel cuda_chain_kernel(const CudaChain&, const std::vector<CudaVariant>&, const std::string&) { refuse(); }
CudaLaunch cuda_chain_launch(const CudaKernel&, const std::vector<KernelArguments>&) { refuse(); }
std::string cuda_entry_text(const CudaKernel&, size_t) { refuse(); }
size_t cuda_entries_used(const CudaKernel&, const int64_t*) { refuse(); }
int64_t cuda_scratch_bytes(const CudaKernel&, const int64_t*) { refuse(); }
std::vector<CudaLaunch> cuda_launches(const CudaKernel&, const KernelArguments&, char*) { refuse(); }
int64_t cuda_canonical_block(const LoopNest&) { refuse(); }
int64_t cuda_most_group(ReductionOrder) { refuse(); }
int64_t cuda_parts_scratch_bytes(const CudaKernel&, const CudaParts&, const int64_t*) { refuse(); }
CudaLaunch cuda_part_launch(const CudaKernel&, const CudaParts&, int64_t, const KernelArguments&, char*) { refuse(); }
std::vector<CudaLaunch> cuda_combine_launches(const CudaKernel&, const CudaParts&, const KernelArguments&, char*) {
  refuse();
}
int64_t cuda_node_scratch_bytes(const CudaKernel&, const CudaNode&, const int64_t*) { refuse(); }
std::vector<CudaLaunch> cuda_node_launches(const CudaKernel&, const CudaNode&, const KernelArguments&, char*, char*) {
  refuse();
}
CudaLaunch cuda_finish_launch(const CudaKernel&, const KernelArguments&, char*) { refuse(); }

}  // namespace fuseval::codegen

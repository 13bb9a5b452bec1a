// What a device launches for a plan: its kernels one by one, or those of a chain (ir/chain.hpp) as one.
#pragma once

#include <vector>

#include "engine/cpu/executor.hpp"
#include "engine/device/device_kernels.hpp"
#include "ir/plan.hpp"

namespace fuseval::engine {

/// How a plan for a device is cut: chains of rows up to 1 MiB, and enough rows that their warps hide each other's
/// waits.
inline constexpr ChainLimits device_chain_limits{
    .tile_bytes = 0, .row_bytes = 1 << 20, .threads = 64, .single_rows = true};

/// One nest, or a chain of them, with this call's addresses.
class DeviceJob {
 public:
  /// shared: how many axes its nests have in common; 0: one nest.
  explicit DeviceJob(int shared) { chain_.shared = shared; }
  void add(const LoopNest& nest, char* const* addresses);

  size_t size() const { return chain_.nests.size(); }
  DeviceKernels::Request request() const;
  /// Of device memory, between its launches.
  size_t scratch_bytes(const DeviceKernel& kernel) const;
  std::vector<codegen::CudaLaunch> launches(const DeviceKernel& kernel, char* scratch) const;

  // A reduction whose elements come part by part (codegen/cuda/kernel.hpp, CudaParts). The kernel is that of the whole.
  DeviceKernels::Request request_by_parts() const;
  size_t parts_scratch_bytes(const DeviceKernel& kernel, const codegen::CudaParts& parts) const;
  /// Of this job as a part.
  codegen::CudaLaunch part_launch(const DeviceKernel& kernel, const codegen::CudaParts& parts, int64_t first,
                                  char* scratch) const;
  /// Of this job as the whole.
  std::vector<codegen::CudaLaunch> combine_launches(const DeviceKernel& kernel, const codegen::CudaParts& parts,
                                                    char* scratch) const;

  // A reduction whose nodes are reduced apart (CudaNode). The kernel is that of request_by_nodes().
  DeviceKernels::Request request_by_nodes() const;
  size_t node_scratch_bytes(const DeviceKernel& kernel, const codegen::CudaNode& node) const;
  std::vector<codegen::CudaLaunch> node_launches(const DeviceKernel& kernel, const codegen::CudaNode& node,
                                                 char* scratch, char* states) const;
  codegen::CudaLaunch finish_launch(const DeviceKernel& kernel, char* states) const;

  /// A word that is the address of an array: of byte `offset` from element 0 of plan buffer `buffer`.
  struct AddressWord {
    uint32_t word;
    uint32_t buffer;
    int64_t offset;
  };
  /// Of every launch.
  std::vector<AddressWord> address_words(const DeviceKernel& kernel) const;
  /// Words that lie in the scratch memory.
  std::vector<uint32_t> scratch_words(const DeviceKernel& kernel) const;

 private:
  std::vector<codegen::KernelArguments> arguments() const;

  codegen::CudaChain chain_;
  std::vector<PreparedKernel> prepared_;
  std::vector<std::vector<char*>> pointers_;
};

/// Leaves only those chains in a plan made for a device that are one kernel each: what is known of a chain, such as
/// what may be overwritten in it, must hold when it runs.
void keep_device_chains(Plan& plan);

/// In their order; kernels with nothing to do are left out. addresses[b]: of element 0 of plan buffer b.
std::vector<DeviceJob> device_jobs(const Plan& plan, char* const* addresses);

}  // namespace fuseval::engine

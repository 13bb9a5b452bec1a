#include "engine/device/device_jobs.hpp"

#include <algorithm>

namespace fuseval::engine {
namespace {

// The shared axes are the first of every nest, in one order: else their rows have other numbers.
bool are_first(const Chain& chain) {
  return std::all_of(chain.positions.begin(), chain.positions.end(), [](const std::vector<uint8_t>& positions) {
    for (size_t axis = 0; axis < positions.size(); ++axis)
      if (positions[axis] != axis) return false;
    return true;
  });
}

bool is_scratch(const codegen::CudaWord& word) {
  const auto number = static_cast<codegen::CudaNumber>(word.first);
  return word.kind == codegen::CudaWordKind::number &&
         (number == codegen::CudaNumber::from || number == codegen::CudaNumber::to);
}

}  // namespace

void DeviceJob::add(const LoopNest& nest, char* const* addresses) {
  chain_.nests.push_back(&nest);
  prepared_.push_back(prepare(nest, nullptr));
  pointers_.emplace_back(prepared_.back().bases.size());
  fill_pointers(prepared_.back(), addresses, pointers_.back().data());
}

std::vector<codegen::KernelArguments> DeviceJob::arguments() const {
  std::vector<codegen::KernelArguments> list;
  for (size_t k = 0; k < size(); ++k) list.push_back(arguments_of(prepared_[k], pointers_[k].data()));
  return list;
}

DeviceKernels::Request DeviceJob::request() const {
  DeviceKernels::Request wanted{chain_, {}, prepared_[0].extents.data()};
  const std::vector<codegen::KernelArguments> given = arguments();
  for (size_t k = 0; k < size(); ++k) wanted.variants.push_back(codegen::cuda_variant(*chain_.nests[k], given[k]));
  return wanted;
}

size_t DeviceJob::scratch_bytes(const DeviceKernel& kernel) const {
  if (size() > 1) return 0;
  return static_cast<size_t>(codegen::cuda_scratch_bytes(*kernel.code, prepared_[0].extents.data()));
}

std::vector<codegen::CudaLaunch> DeviceJob::launches(const DeviceKernel& kernel, char* scratch) const {
  if (size() > 1) return {codegen::cuda_chain_launch(*kernel.code, arguments())};
  return codegen::cuda_launches(*kernel.code, arguments()[0], scratch);
}

DeviceKernels::Request DeviceJob::request_by_parts() const {
  DeviceKernels::Request all = request();
  all.by_parts = true;
  return all;
}

size_t DeviceJob::parts_scratch_bytes(const DeviceKernel& kernel, const codegen::CudaParts& parts) const {
  return static_cast<size_t>(codegen::cuda_parts_scratch_bytes(*kernel.code, parts, prepared_[0].extents.data()));
}

codegen::CudaLaunch DeviceJob::part_launch(const DeviceKernel& kernel, const codegen::CudaParts& parts, int64_t first,
                                           char* scratch) const {
  return codegen::cuda_part_launch(*kernel.code, parts, first, arguments()[0], scratch);
}

std::vector<codegen::CudaLaunch> DeviceJob::combine_launches(const DeviceKernel& kernel,
                                                             const codegen::CudaParts& parts, char* scratch) const {
  return codegen::cuda_combine_launches(*kernel.code, parts, arguments()[0], scratch);
}

// Rows of any length have nodes.
DeviceKernels::Request DeviceJob::request_by_nodes() const {
  DeviceKernels::Request all = request_by_parts();
  all.variants[0].short_rows = false;
  return all;
}

size_t DeviceJob::node_scratch_bytes(const DeviceKernel& kernel, const codegen::CudaNode& node) const {
  return static_cast<size_t>(codegen::cuda_node_scratch_bytes(*kernel.code, node, prepared_[0].extents.data()));
}

std::vector<codegen::CudaLaunch> DeviceJob::node_launches(const DeviceKernel& kernel, const codegen::CudaNode& node,
                                                          char* scratch, char* states) const {
  return codegen::cuda_node_launches(*kernel.code, node, arguments()[0], scratch, states);
}

codegen::CudaLaunch DeviceJob::finish_launch(const DeviceKernel& kernel, char* states) const {
  return codegen::cuda_finish_launch(*kernel.code, arguments()[0], states);
}

std::vector<DeviceJob::AddressWord> DeviceJob::address_words(const DeviceKernel& kernel) const {
  std::vector<AddressWord> addresses;
  uint32_t position = 0;
  for (size_t k = 0; k < size(); ++k)
    for (const codegen::CudaWord& word : (size() > 1 ? kernel.code->chain[k] : *kernel.code).words) {
      if (word.kind == codegen::CudaWordKind::pointer)
        if (const PreparedKernel::Base& base = prepared_[k].bases[word.first]; base.memory)
          addresses.push_back({position, base.buffer, base.offset});
      ++position;
    }
  return addresses;
}

std::vector<uint32_t> DeviceJob::scratch_words(const DeviceKernel& kernel) const {
  std::vector<uint32_t> positions;
  for (uint32_t k = 0; size() == 1 && k < kernel.code->words.size(); ++k)
    if (is_scratch(kernel.code->words[k])) positions.push_back(k);
  return positions;
}

void keep_device_chains(Plan& plan) {
  std::erase_if(plan.chains, [&](const Chain& chain) {
    codegen::CudaChain nests{{}, static_cast<int>(chain.extents.size())};
    for (size_t k = 0; k < chain.size(); ++k) nests.nests.push_back(&plan.kernels[chain.first + k]);
    return !chain.is_tiled() || !are_first(chain) || !codegen::cuda_can_chain(nests);
  });
  std::fill(plan.tile_of.begin(), plan.tile_of.end(), -1);
}

std::vector<DeviceJob> device_jobs(const Plan& plan, char* const* addresses) {
  std::vector<DeviceJob> jobs;
  auto chain = plan.chains.begin();
  for (size_t k = 0; k < plan.kernels.size();) {
    const bool is_chain = chain != plan.chains.end() && chain->first == k;
    const size_t count = is_chain ? chain->size() : 1;
    if (is_chain || plan.kernels[k].parallel_count() > 0) {
      DeviceJob& job = jobs.emplace_back(is_chain ? static_cast<int>(chain->extents.size()) : 0);
      for (size_t n = 0; n < count; ++n) job.add(plan.kernels[k + n], addresses);
    }
    if (is_chain) ++chain;
    k += count;
  }
  return jobs;
}

}  // namespace fuseval::engine

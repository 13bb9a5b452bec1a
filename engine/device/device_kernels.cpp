#include "engine/device/device_kernels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace fuseval::engine {
namespace {

// Structures tell where they end.
std::string cache_key(const DeviceKernels::Request& wanted) {
  std::string key = fmt::format("{} {} ", wanted.chain.nests.size(), wanted.chain.shared);
  for (size_t k = 0; k < wanted.variants.size(); ++k) {
    key += serialise_structure(*wanted.chain.nests[k]);
    key += codegen::serialise(wanted.variants[k]);
  }
  return key;
}

/// A kernel that lacks entries, which are compiled now.
struct MissingKernel {
  size_t position;  ///< among the wanted
  std::string key;
  DeviceKernel kernel;
  size_t entries;
};

}  // namespace

std::shared_ptr<const codegen::CudaKernel> cuda_code(const DeviceKernels::Request& wanted) {
  codegen::CudaOptions options;
  options.variant = wanted.variants[0];
  return std::make_shared<const codegen::CudaKernel>(
      wanted.chain.nests.size() > 1 ? codegen::cuda_chain_kernel(wanted.chain, wanted.variants, options.name)
                                    : codegen::cuda_kernel(*wanted.chain.nests[0], options));
}

std::vector<std::shared_ptr<const DeviceKernel>> DeviceKernels::get(std::span<const Request> wanted) {
  std::vector<std::shared_ptr<const DeviceKernel>> found;
  std::vector<MissingKernel> missing;
  std::vector<DeviceSource> sources;
  for (size_t k = 0; k < wanted.size(); ++k) {
    std::string key = cache_key(wanted[k]);
    found.push_back(find(key));
    DeviceKernel kernel = found[k] != nullptr ? *found[k] : DeviceKernel{cuda_code(wanted[k]), {}};
    const size_t entries =
        wanted[k].by_parts ? kernel.code->entries.size() : codegen::cuda_entries_used(*kernel.code, wanted[k].extents);
    if (found[k] != nullptr && kernel.modules.size() >= entries) continue;
    for (size_t entry = kernel.modules.size(); entry < entries; ++entry)
      sources.push_back({codegen::cuda_entry_text(*kernel.code, entry), {kernel.code->entries[entry].name}});
    missing.push_back({k, std::move(key), std::move(kernel), entries});
  }
  if (missing.empty()) return found;
  const auto start = std::chrono::steady_clock::now();
  const auto modules = device_.compile(sources);
  const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
  counters_.add(counters_.kernels_compiled, static_cast<int64_t>(sources.size()));
  counters_.add(counters_.compile_nanoseconds, spent.count());
  size_t taken = 0;
  for (MissingKernel& made : missing) {
    while (made.kernel.modules.size() < made.entries) made.kernel.modules.push_back(modules[taken++]);
    found[made.position] = keep(made.key, std::make_shared<const DeviceKernel>(std::move(made.kernel)));
  }
  return found;
}

// Without the texts one does not know how many entries there will be: a nest has two at most, and mostly one.
int DeviceKernels::missing(const Request& wanted) {
  const auto known = find(cache_key(wanted));
  if (known == nullptr) return 1;
  const auto entries = static_cast<int>(codegen::cuda_entries_used(*known->code, wanted.extents));
  return std::max(0, entries - static_cast<int>(known->modules.size()));
}

void DeviceKernels::clear() {
  const auto forget = [&] {
    std::lock_guard lock(mutex_);
    return kernels_.take_if([](const auto&) { return true; });
  };
  forget();
}

std::shared_ptr<const DeviceKernel> DeviceKernels::find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto* known = kernels_.find(key);
  return known == nullptr ? nullptr : *known;
}

std::shared_ptr<const DeviceKernel> DeviceKernels::keep(const std::string& key,
                                                        std::shared_ptr<const DeviceKernel> made) {
  std::lock_guard lock(mutex_);
  if (const auto* known = kernels_.find(key); known != nullptr && (*known)->modules.size() >= made->modules.size())
    return *known;
  kernels_.erase(key);
  kernels_.insert(key, made);
  return made;
}

}  // namespace fuseval::engine

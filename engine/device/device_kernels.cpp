#include "engine/device/device_kernels.hpp"

#include <chrono>

namespace fuseval::engine {
namespace {

std::string cache_key(const LoopNest& nest, const codegen::CudaVariant& variant) {
  const auto [vectors, wide, short_rows] = variant;  // all of them: a new one does not compile until it is here
  std::string key = serialise_structure(nest);
  for (const bool part : {vectors, wide, short_rows}) key += part ? '\1' : '\0';
  return key;
}

codegen::CudaKernel text_of(const DeviceKernels::Wanted& wanted) {
  codegen::CudaOptions options;
  options.variant = wanted.variant;
  return codegen::cuda_kernel(*wanted.nest, options);
}

DeviceSource source_of(const codegen::CudaKernel& kernel) {
  DeviceSource source{kernel.text, {}};
  for (const codegen::CudaEntry& entry : kernel.entries) source.entries.push_back(entry.name);
  return source;
}

}  // namespace

std::vector<std::shared_ptr<const DeviceKernel>> DeviceKernels::get(std::span<const Wanted> wanted) {
  std::vector<std::shared_ptr<const DeviceKernel>> found;
  std::vector<size_t> missing;
  std::vector<codegen::CudaKernel> texts;
  std::vector<DeviceSource> sources;
  for (size_t k = 0; k < wanted.size(); ++k) {
    found.push_back(find(cache_key(*wanted[k].nest, wanted[k].variant)));
    if (found.back() != nullptr) continue;
    missing.push_back(k);
    texts.push_back(text_of(wanted[k]));
    sources.push_back(source_of(texts.back()));
  }
  if (missing.empty()) return found;
  const auto start = std::chrono::steady_clock::now();
  const auto modules = device_.compile(sources);
  const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
  counters_.add(counters_.kernels_compiled, static_cast<int64_t>(missing.size()));
  counters_.add(counters_.compile_nanoseconds, spent.count());
  for (size_t m = 0; m < missing.size(); ++m) {
    const Wanted& one = wanted[missing[m]];
    found[missing[m]] = keep(cache_key(*one.nest, one.variant),
                             std::make_shared<const DeviceKernel>(DeviceKernel{std::move(texts[m]), modules[m]}));
  }
  return found;
}

std::shared_ptr<const DeviceKernel> DeviceKernels::find(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto* known = kernels_.find(key);
  return known == nullptr ? nullptr : *known;
}

std::shared_ptr<const DeviceKernel> DeviceKernels::keep(const std::string& key,
                                                        std::shared_ptr<const DeviceKernel> made) {
  std::lock_guard lock(mutex_);
  if (const auto* known = kernels_.find(key)) return *known;
  kernels_.insert(key, made);
  return made;
}

}  // namespace fuseval::engine
